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
  const hash = createHash('sha256')
  for (const piece of canonicalPieces(rest)) hash.update(piece, 'utf8')
  return `sha256:${hash.digest('hex')}`
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
  return `{${membersOf(value)
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalize(member)}`)
    .join(',')}}`
}

/** The same in pieces, one for each host of a plan: a plan for a fleet is never one text. */
function* canonicalPieces(plan: object): Generator<string> {
  let before = '{'
  for (const [key, member] of membersOf(plan)) {
    yield `${before}${JSON.stringify(key)}:`
    before = ','
    if (!Array.isArray(member)) yield canonicalize(member)
    else {
      for (const [at, item] of member.entries())
        yield `${at === 0 ? '[' : ','}${canonicalize(item)}`
      yield member.length === 0 ? '[]' : ']'
    }
  }
  yield before === '{' ? '{}' : '}'
}

function membersOf(value: object): [string, unknown][] {
  return (
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      // Not localeCompare: the order must not hang on a language.
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
  )
}
