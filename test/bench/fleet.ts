// `npm run bench:fleet`: nicfix apply for many hosts, as a whole process over real SSH to hosts that another process
// plays, and without SSH. Prints how many were under way at once, the time, and the peak of its memory beside a Node that
// does nothing.
import { spawnSync } from 'node:child_process'
import { Fleet } from '../fleet/fleet.ts'

const counts = [
  [1, 1, 'ssh'],
  [1000, 20, 'ssh'],
  [1000, 1000, 'none'],
  [1000, 1000, 'ssh'],
] as const

/** Peak memory of a Node that does nothing (ru_maxrss, in KiB on Linux), in MiB. */
function bareNode(): number {
  const tell = 'process.stdout.write(String(process.resourceUsage().maxRSS))'
  return Number(spawnSync(process.execPath, ['-e', tell], { encoding: 'utf8' }).stdout) / 1024
}

const bare = bareNode()
console.log(`node that does nothing: ${bare.toFixed(0)} MiB\n`)
const columns = ['hosts', '-j', 'by', 'at once', 'seconds', 'MiB', 'ratio', 'KiB a host']
console.log(columns.map(column => column.padStart(10)).join(''))
let one = 0
for (const [count, concurrency, by] of counts) {
  // As long as it takes to begin with all of them, so that they are under way at once.
  const fleet = await Fleet.start(count, { trialMs: concurrency > 100 ? 100_000 : 300 })
  try {
    const words = ['apply', fleet.playbook(), '--host', 'all', '--yes', '-j', String(concurrency)]
    const ran = await (by === 'ssh' ? fleet.nicfix(...words) : fleet.nicfixWithoutSsh(...words))
    if (ran.code !== 0) throw new Error(`exit code ${ran.code}: ${ran.stderr.slice(-2000)}`)
    one ||= ran.mebibytes
    const each = count > 1 ? (((ran.mebibytes - one) * 1024) / count).toFixed(0) : '-'
    const figures = [
      count,
      concurrency,
      by,
      (await fleet.seen()).most,
      ran.seconds.toFixed(0),
      ran.mebibytes.toFixed(0),
      (ran.mebibytes / bare).toFixed(1),
      each,
    ]
    console.log(figures.map(figure => String(figure).padStart(10)).join(''))
  } finally {
    await fleet.end()
  }
}
