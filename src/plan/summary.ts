import type { HostPlan } from '../model/plan.ts'

/** What the changes of some hosts come to. */
export type Summary = {
  readonly changes: number
  /** Hosts that have any. */
  readonly changed: number
  /** "outage ≤ 20 s", "blip ≤ 4 s" or "none": the worst of any host. */
  readonly impact: string
  /** Of the host that takes longest. */
  readonly undoSeconds: number
  /** Values that only the doing tells, each with its bound. */
  readonly unknown: readonly string[]
}

export function summarize(hosts: readonly HostPlan[]): Summary {
  const changed = hosts.filter(host => host.changes.length > 0)
  const changes = hosts.flatMap(host => host.changes)
  const undo = changed.map(host => sum(host.changes.map(change => change.undo.seconds)))
  const bounds = changes
    .filter(({ certainty }) => certainty !== 'exact')
    .flatMap(change => change.bounds)
  return {
    changes: changes.length,
    changed: changed.length,
    impact: worstImpact(hosts),
    undoSeconds: Math.max(0, ...undo),
    unknown: [...new Set(bounds)],
  }
}

function worstImpact(hosts: readonly HostPlan[]): string {
  const seconds = Math.max(0, ...hosts.map(host => host.outageSeconds))
  const links = new Set(hosts.flatMap(host => host.changes.map(change => change.impact.link)))
  return links.has('outage')
    ? `outage ≤ ${seconds} s`
    : links.has('blip')
      ? `blip ≤ ${seconds} s`
      : 'none'
}

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
