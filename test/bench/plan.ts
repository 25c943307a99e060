// `npm run bench:plan`: a plan for 500 hosts from kept facts, as a whole process, beside a Node that only reads the same
// file and writes as much. Prints time, memory, and the ratio of the two.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readFacts } from '../plan/make.ts'

const hosts = 500
const rounds = 5
const root = fileURLToPath(new URL('../..', import.meta.url))

type Sample = { readonly seconds: number; readonly mebibytes: number }

/** Wall-clock time and peak memory (ru_maxrss, in KiB on Linux) of one process. */
function measure(args: readonly string[]): Sample {
  const tell =
    'data:text/javascript,process.on("exit",()=>process.stderr.write("\\nmaxrss "+process.resourceUsage().maxRSS))'
  const from = process.hrtime.bigint()
  const ran = spawnSync(process.execPath, ['--import', tell, ...args], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 30,
  })
  const seconds = Number(process.hrtime.bigint() - from) / 1e9
  if (ran.status !== 0) throw new Error(ran.stderr)
  return { seconds, mebibytes: Number(/maxrss (\d+)/.exec(ran.stderr)?.[1]) / 1024 }
}

const median = (numbers: readonly number[]) =>
  numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0

const folder = mkdtempSync(join(tmpdir(), 'nicfix-bench-'))
try {
  const file = join(folder, 'facts.json')
  const facts = readFacts()
  // No two alike, so that nothing is saved by their being equal.
  const all = Array.from({ length: hosts }, (_, at) => [
    `host${at}`,
    { ...facts, machineId: String(at), os: { ...facts.os, name: `Debian 12 number ${at}` } },
  ])
  writeFileSync(file, JSON.stringify(Object.fromEntries(all)))
  const plain = `const t=JSON.parse(require('fs').readFileSync(${JSON.stringify(file)},'utf8'));process.stdout.write(JSON.stringify(t))`
  const playbook = 'playbooks/e1000e-flow-control-off.yaml'
  const kinds = {
    'node, the same file': ['-e', plain],
    'nicfix plan --from-facts': ['src/main.js', 'plan', playbook, '--from-facts', file],
    'the same, --format md': [
      'src/main.js',
      'plan',
      playbook,
      '--from-facts',
      file,
      '--format',
      'md',
    ],
  }
  console.log(`${hosts} hosts, no two alike; median of ${rounds} whole processes\n`)
  let base: Sample | undefined
  for (const [name, args] of Object.entries(kinds)) {
    const samples = Array.from({ length: rounds }, () => measure(args))
    const seconds = median(samples.map(each => each.seconds))
    const mebibytes = median(samples.map(each => each.mebibytes))
    base ??= { seconds, mebibytes }
    const ratios = `${(seconds / base.seconds).toFixed(1)} x, ${(mebibytes / base.mebibytes).toFixed(1)} x`
    console.log(
      `${name.padEnd(26)}${seconds.toFixed(2).padStart(6)} s${mebibytes.toFixed(0).padStart(6)} MiB   ${ratios}`,
    )
  }
} finally {
  rmSync(folder, { recursive: true })
}
