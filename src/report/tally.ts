import type { outcomes } from '../model/report.ts'

/** How a host's part of a run ended; `skipped` when it was never begun, `stopped` when nicfix let go of it or could not go on. */
export type HostEnd = (typeof outcomes)[number] | 'skipped' | 'stopped'

/** In the order in which they are told; the words are short, and the ones that matter cannot be overlooked. */
const words: Readonly<Record<HostEnd, string>> = {
  changed: 'changed',
  unchanged: 'as wanted',
  rolledBack: 'rolled back',
  failed: 'failed',
  refused: 'refused',
  locked: 'locked',
  unreachable: 'not reachable',
  skipped: 'not started',
  stopped: 'left',
  unknown: 'UNKNOWN',
  dirty: 'NEED A HUMAN',
}

const order = Object.keys(words) as HostEnd[]

/** "41/100 · 20 running · 39 waiting · 39 changed · 2 rolled back": only what there is any of. */
export function countHosts(
  hosts: readonly string[],
  ends: ReadonlyMap<string, HostEnd>,
  running: number,
): string {
  const waiting = hosts.length - ends.size - running
  const said = [...ends.values()]
  const counts = order.map(end => [said.filter(each => each === end).length, words[end]] as const)
  const all = [[running, 'running'], [waiting, 'waiting'], ...counts] as const
  const told = all.flatMap(([count, word]) => (count > 0 ? [`${count} ${word}`] : []))
  return [`${ends.size}/${hosts.length}`, ...told].join(' · ')
}
