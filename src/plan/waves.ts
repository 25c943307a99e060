import type { Fleet, HostPlan } from '../model/plan.ts'
import { plural } from './summary.ts'

const mostTold = 5

/**
 * Hosts in the waves of a playbook, as Ansible's `serial` has it: each wave is so many hosts, or that part of all of them
 * (rounded down, but one at least), and the last size is used until none is left. Without waves all are one.
 */
export function wavesOf<Host>(fleet: Fleet | null, hosts: readonly Host[]): Host[][] {
  if (!fleet) return [[...hosts]]
  const waves: Host[][] = []
  for (let from = 0; from < hosts.length; from += waves.at(-1)?.length ?? 0) {
    const size = fleet.waves[Math.min(waves.length, fleet.waves.length - 1)] ?? hosts.length
    waves.push(hosts.slice(from, from + countOf(size, hosts.length)))
  }
  return waves
}

function countOf(size: number | string, all: number): number {
  if (typeof size === 'number') return size
  return Math.max(1, Math.floor((all * Number.parseInt(size, 10)) / 100))
}

/** "waves 1, 10, 89, 600 s between"; '' where one wave takes all. */
export function tellWaves(fleet: Fleet | null, hosts: readonly HostPlan[]): string {
  const changed = hosts.filter(({ changes }) => changes.length > 0)
  const sizes = wavesOf(fleet, changed).map(wave => wave.length)
  if (!fleet || sizes.length < 2) return ''
  const most = `${sizes.length} of ${plural(Math.max(...sizes), 'host')} at the most`
  return [
    `waves ${sizes.length <= mostTold ? sizes.join(', ') : most}`,
    ...(fleet.soakSeconds > 0 ? [`${fleet.soakSeconds} s between`] : []),
    ...(fleet.maxFailures > 1 ? [`up to ${fleet.maxFailures} failures`] : []),
  ].join(', ')
}
