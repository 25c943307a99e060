import type { Facts } from '../model/facts.ts'
import type { HostPlan } from '../model/plan.ts'
import type { Clock } from './clock.ts'

/** One thing that a run proves at its end, by comparing what was with what is. */
export type Proof = { readonly name: string; readonly ok: boolean; readonly text: string }

/** What the effects need of the rest of nicfix; comes in as an argument. */
export type Tools = {
  readonly clock: Clock
  /** The script that is staged on the host. */
  readonly hostScript: () => Uint8Array
  /** The read-only probe, and what it says. @throws {Trouble} NF2040 */
  readonly probeScript: () => string
  readonly parseFacts: (stdout: string) => Facts
  /** Why the plan does not fit the host any more; empty when it does. */
  readonly staleReasons: (plan: HostPlan, facts: Facts) => readonly string[]
  readonly proofs: (plan: HostPlan, before: Facts, after: Facts) => readonly Proof[]
  /** `begun`: when the rollback began, where the host has lived on since the run. */
  readonly rollbackProofs: (
    plan: HostPlan,
    before: Facts,
    after: Facts,
    begun?: Facts,
  ) => readonly Proof[]
}
