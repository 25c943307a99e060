// `npm run bench:diagnose`: a kernel log of 200 MB, read by a whole `nicfix diagnose` process, beside `grep -c` over the same
// file for one word, and `grep -cF` for as many words as nicfix looks for. Prints time, memory and the ratios.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, openSync, closeSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { signatures } from '../../src/diagnose/signatures/index.ts'

const megabytes = 200
const rounds = 3
const root = fileURLToPath(new URL('../..', import.meta.url))

const common = [
  'audit: type=1400 audit(1700000000.123:456): apparmor="STATUS" operation="profile_replace" name="/usr/bin/man"',
  '[UFW BLOCK] IN=eno1 OUT= SRC=10.0.0.1 DST=10.0.0.2 LEN=60 TOS=0x00 TTL=64 ID=1 DF PROTO=TCP SPT=1 DPT=2',
  'vmbr0: port 1(eno1) entered blocking state',
  'device veth1234 entered promiscuous mode',
  'EXT4-fs (dm-0): mounted filesystem with ordered data mode. Quota mode: none.',
  'IPv6: ADDRCONF(NETDEV_CHANGE): eth0: link becomes ready',
  'nvme nvme0: 8/0/0 default/read/poll queues',
]
const telling = [
  'e1000e 0000:00:1f.6 eno1: NIC Link is Down',
  'e1000e 0000:00:1f.6 eno1: NIC Link is Up 1000 Mbps Full Duplex, Flow Control: Rx/Tx',
  'DMAR: [DMA Write NO_PASID] Request device [02:00.0] fault addr 0x402c2833000 [fault reason 0x04] Access beyond MGAW',
]

/** One line in a thousand is one that nicfix looks at. */
function writeLog(path: string): void {
  const file = openSync(path, 'w')
  let lines: string[] = []
  let size = 0
  for (let at = 0; size < megabytes * 1e6; at += 1) {
    const text =
      at % 1000 === 0 ? telling[(at / 1000) % telling.length] : common[at % common.length]
    const stamp = `Nov  5 ${[at / 3600, at / 60, at].map(each => String(Math.floor(each) % 60).padStart(2, '0')).join(':')}`
    const line = `${stamp} web1 kernel: [${(at / 10).toFixed(6).padStart(12)}] ${text}\n`
    lines.push(line)
    size += line.length
    if (lines.length < 10_000) continue
    writeSync(file, lines.join(''))
    lines = []
  }
  writeSync(file, lines.join(''))
  closeSync(file)
}

type Sample = { readonly seconds: number; readonly processor: number; readonly mebibytes: number }

/** "0m2.41s" as seconds, both of the children's in the last line of times(1). */
const readTimes = (text: string): number =>
  Array.from((text.trim().split('\n').at(-1) ?? '').matchAll(/(\d+)m([\d.]+)s/g))
    .map(([, minutes, seconds]) => Number(minutes) * 60 + Number(seconds))
    .reduce((sum, each) => sum + each, 0)

// grep stops at the first hit where its output goes to /dev/null; hence the pipe.
/** Wall-clock and processor time of one process; of Node also its peak memory (ru_maxrss, in KiB on Linux). */
function measure(command: string, args: readonly string[]): Sample {
  const tell =
    'data:text/javascript,process.on("exit",()=>process.stderr.write("\\nmaxrss "+process.resourceUsage().maxRSS))'
  const before = command === process.execPath ? ['--import', tell] : []
  const timed = ['-c', '"$@" | cat >/dev/null; times', 'sh', command, ...before, ...args]
  const from = process.hrtime.bigint()
  const ran = spawnSync('sh', timed, { cwd: root, encoding: 'utf8' })
  const seconds = Number(process.hrtime.bigint() - from) / 1e9
  if (ran.error) throw ran.error
  const mebibytes = Number(/maxrss (\d+)/.exec(ran.stderr)?.[1] ?? 0) / 1024
  return { seconds, processor: readTimes(ran.stdout), mebibytes }
}

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0

const folder = mkdtempSync(join(tmpdir(), 'nicfix-bench-'))
try {
  const [log, words] = [join(folder, 'kern.log'), join(folder, 'words')]
  writeLog(log)
  const hints = signatures.flatMap(({ symptoms }) =>
    symptoms.flatMap(each => (each.kind === 'log' ? each.hints : [])),
  )
  writeFileSync(words, [...new Set(hints)].join('\n'))
  console.log(`a kernel log of ${megabytes} MB; median of ${rounds} whole processes\n`)
  const kinds: readonly (readonly [string, string, readonly string[]])[] = [
    ['grep -c "NIC Link is Down"', 'grep', ['-c', 'NIC Link is Down', log]],
    [`grep -cF, ${new Set(hints).size} words`, 'grep', ['-cF', '-f', words, log]],
    ['nicfix diagnose --from', process.execPath, ['src/main.js', 'diagnose', '--from', log]],
  ]
  const found = kinds.map(([name, command, args]) => {
    const samples = Array.from({ length: rounds }, () => measure(command, args))
    return {
      name,
      seconds: median(samples.map(each => each.seconds)),
      processor: median(samples.map(each => each.processor)),
      mebibytes: median(samples.map(each => each.mebibytes)),
    }
  })
  const last = found.at(-1)!
  for (const { name, seconds, processor, mebibytes } of found) {
    const memory = mebibytes > 0 ? `${mebibytes.toFixed(0).padStart(6)} MiB` : ''
    const ratio =
      name === last.name ? '' : `   nicfix takes ${(last.processor / processor).toFixed(1)} x`
    const times = `${seconds.toFixed(2).padStart(6)} s, ${processor.toFixed(2).padStart(5)} s of a processor`
    console.log(`${name.padEnd(30)}${times}${memory}${ratio}`)
  }
  // Of a processor: how much of one there is at the time is not ours to say.
  if (last.processor > 5 || last.mebibytes > 200) process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true })
}
