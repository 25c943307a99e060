import { createHash } from 'node:crypto'
import type { HostPlan } from '../model/plan.ts'
import { canonicalize } from './make-plan.ts'

/** Hosts whose plans are the same in all that a reader sees: one of them, and the names of all. */
export type Group = { readonly plan: HostPlan; readonly names: readonly string[] }

/** The largest group first, then in the order of the hosts; hosts with nothing to change come last. */
export function groupHosts(hosts: readonly HostPlan[]): Group[] {
  const groups = new Map<string, { plan: HostPlan; names: string[] }>()
  for (const plan of hosts) {
    const { host, fingerprint: _, ...seen } = plan
    const key = createHash('sha256').update(canonicalize(seen)).digest('base64')
    const group = groups.get(key)
    if (group) group.names.push(host)
    else groups.set(key, { plan, names: [host] })
  }
  const rank = ({ plan, names }: Group) => (plan.changes.length === 0 ? 0 : names.length)
  return [...groups.values()].toSorted((a, b) => rank(b) - rank(a))
}

/** What is not as in the other group, for people; what the two have in common is left out. */
export function tellDifference(base: HostPlan, other: HostPlan): string {
  const told = [
    ...(base.about === other.about ? [] : [other.about]),
    ...moreOf(nicsOf(base), nicsOf(other)),
    ...moreOf(titlesOf(base), titlesOf(other)).map(title => `also: ${title}`),
    ...moreOf(titlesOf(other), titlesOf(base)).map(title => `not: ${title}`),
    ...moreOf(base.warnings, other.warnings),
  ]
  return told[0] ?? 'details of its changes'
}

const titlesOf = ({ changes }: HostPlan) => changes.map(({ title }) => title)
const nicsOf = ({ nics }: HostPlan) => nics.map(({ name, text }) => `${name} ${text}`)
const moreOf = (lines: readonly string[], more: readonly string[]) =>
  more.filter(line => !lines.includes(line))
