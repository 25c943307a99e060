// `npm run bench:start`: how long short commands take as whole processes, beside `node -e 0` in the same rounds.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const rounds = 15
const root = fileURLToPath(new URL('../..', import.meta.url))
const kinds: Readonly<Record<string, readonly string[]>> = {
  'node -e 0': ['-e', '0'],
  'nicfix --version': ['src/main.js', '--version'],
  'nicfix explain NF1001': ['src/main.js', 'explain', 'NF1001'],
  'nicfix validate PLAYBOOK': ['src/main.js', 'validate', 'playbooks/ring-max.yaml'],
}

function measure(argv: readonly string[]): number {
  const from = performance.now()
  const ran = spawnSync(process.execPath, argv, { cwd: root, encoding: 'utf8' })
  if (ran.status !== 0) throw new Error(ran.stderr)
  return performance.now() - from
}

const median = (numbers: readonly number[]) =>
  numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0

const samples = new Map<string, number[]>(Object.keys(kinds).map(kind => [kind, []]))
// By turns: what else the machine does meets all of them. The first round fills the caches.
for (let round = 0; round <= rounds; round += 1)
  for (const [kind, argv] of Object.entries(kinds)) {
    const ms = measure(argv)
    if (round > 0) samples.get(kind)?.push(ms)
  }
const base = median(samples.get('node -e 0') ?? [])
console.log(`median of ${rounds} whole processes\n`)
for (const [kind, all] of samples) {
  const ms = median(all)
  const more = `+${(ms - base).toFixed(0)} ms`.padStart(8)
  console.log(
    `${kind.padEnd(26)}${ms.toFixed(0).padStart(6)} ms${more}${(ms / base).toFixed(1).padStart(7)} x`,
  )
}
