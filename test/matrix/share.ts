import { spawnSync } from 'node:child_process'

const wanted = process.env['NICFIX_MATRIX'] ?? ''

/** Are all points to be tried? */
export const isFull = wanted === 'full'

/** What starting a process costs of a processor on the machines that the strides were chosen on. */
const usualMs = 0.8
const starts = 100

/** What it costs here, of the times that the shell tells (times(1p)): who else is at work does not count. */
function startMs(): number {
  const loop = `n=0; while [ $n -lt ${starts} ]; do /bin/true; n=$((n + 1)); done; times`
  const { stdout } = spawnSync('sh', ['-c', loop], { encoding: 'utf8' })
  const seconds = Array.from(stdout.matchAll(/(\d+)m([\d.]+)s/g)).map(
    ([, minutes, rest]) => Number(minutes) * 60 + Number(rest),
  )
  return (seconds.reduce((sum, each) => sum + each, 0) * 1000) / starts
}

/**
 * How many times as long as elsewhere the matrix takes here, which starts one process after the other: 1 to 6. A virtual
 * machine may well need five times as long, and the tests have to end some time.
 */
const slowness = wanted === '' ? Math.min(6, Math.max(1, Math.round(startMs() / usualMs))) : 1
if (slowness > 1)
  console.warn(`a slow machine: one in ${slowness} of the points and rounds that are usual`)

/**
 * The share of the points that one run tries: every `stride`-th from `offset` on, evenly over the whole scenario; fewer on a
 * machine that is slow. NICFIX_MATRIX=full tries all of them (hours), NICFIX_MATRIX=quick a few (a minute).
 */
export function pick<Item>(items: readonly Item[], stride: number, offset: number): Item[] {
  const step = isFull ? 1 : wanted === 'quick' ? stride * 12 : stride * slowness
  return items.filter((_, index) => index % step === offset % step)
}

/** So many rounds, or fewer on a machine that is slow. */
export const fewer = (rounds: number): number => Math.ceil(rounds / slowness)
