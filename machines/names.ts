import { verdicts } from '../src/model/event.ts'
import type { Verdict } from '../src/model/event.ts'
import { outcomes } from '../src/model/report.ts'

/**
 * Every word that a journal may hold of a run: what is renamed here can no longer be read from old journals,
 * so `runVersion` grows with it.
 */

/** Version of the run and undo machines; stands in the first line of each journal. */
export const runVersion = '2'

/** What a run can do to or ask of a host, one function each in src/run/effects/. */
export const effects = [
  'connect',
  'probe',
  'check',
  'stage',
  'build',
  'arm',
  'try',
  'reconnect',
  'verify',
  'permit',
  'confirm',
  'persist',
  'prove',
  'release',
  'withdraw',
  'ask',
  'rollBack',
  'verifyRollback',
  'waitForHost',
] as const
export type EffectName = (typeof effects)[number]

export { verdicts }
export type { Verdict }

/** A problem as JSON: what src/problems.ts makes, known here only by its shape. */
export type Cause = {
  readonly code: string
  readonly message: string
  readonly details: readonly string[]
  readonly next: string
  readonly exitCode: number
}

/** What an effect hands back to the machine. */
export type Said = { readonly verdict: Verdict; readonly cause?: Cause }

/** The final states of a run. */
export { outcomes }
export type Outcome = (typeof outcomes)[number]
