import { createHash } from 'node:crypto'
import type { Fleet, HostPlan, Plan } from '../model/plan.ts'
import type { LoadedPlaybook } from '../model/playbook.ts'

/**
 * Joins the plans of all hosts into the one that is reviewed, approved by its digest, and applied.
 * @param nicfix version of nicfix
 * @param nonce by which a host knows the very plan again that it was changed by
 */
export function makePlan(
  nicfix: string,
  { playbook, path, sha256, vars }: LoadedPlaybook,
  hosts: readonly HostPlan[],
  nonce = '',
): Plan {
  const plan: Omit<Plan, 'digest'> = {
    format: 'nicfix.plan/1',
    nonce,
    nicfix,
    playbook: { name: playbook.name, path, sha256 },
    vars,
    fleet: fleetOf(playbook),
    hosts,
  }
  return { ...plan, digest: digestPlan(plan) }
}

function fleetOf({ fleet }: LoadedPlaybook['playbook']): Fleet | null {
  if (!fleet) return null
  const { waves, soak = 0, 'max-failures': maxFailures = 1 } = fleet
  return { waves, soakSeconds: soak, maxFailures }
}

/** "sha256:…" over everything in a plan but its digest and nonce. A plan file is whole when this gives what it says itself. */
export function digestPlan(plan: Omit<Plan, 'digest'> & { readonly digest?: string }): string {
  const { digest: _, nonce: __, ...rest } = plan
  return `sha256:${createHash('sha256').update(canonicalize(rest), 'utf8').digest('hex')}`
}

/** What a host keeps of a plan that it is changed by: its digest and its nonce. */
export const identifyPlan = ({ digest, nonce }: Plan): string => `${digest} ${nonce}`.trimEnd()

/** The first digits of a digest: for people, and for --approve. */
export function shortDigest(digest: string): string {
  return digest.replace(/^sha256:/, '').slice(0, 8)
}

/** Canonical JSON (RFC 8785): keys in the order of their UTF-16 units, no blanks; numbers and strings as ECMAScript has them. */
export function canonicalize(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalize).join(',')}]`
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    // Not localeCompare: the order must not hang on a language.
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonicalize(member)}`).join(',')}}`
}
