import type { Outcome } from '../../machines/names.ts'
import { exitCodes } from '../model/exit.ts'

const codes: Readonly<Record<Outcome, number>> = {
  changed: exitCodes.ok,
  unchanged: exitCodes.ok,
  failed: exitCodes.failedUnchanged,
  rolledBack: exitCodes.rolledBack,
  unreachable: exitCodes.unreachable,
  dirty: exitCodes.dirty,
  unknown: exitCodes.unknown,
  locked: exitCodes.locked,
  refused: exitCodes.refused,
}

/** Stopped in order by ^C. */
export const interruptedCode = 130

type End = { readonly outcome: Outcome; readonly interrupted: boolean; readonly detached?: boolean }

/** The exit code of one host. A stop that went well says 130; one that left something behind says what. */
export function exitCodeOf({ outcome, interrupted, detached = false }: End): number {
  const stopped = detached || (interrupted && (outcome === 'failed' || outcome === 'rolledBack'))
  return stopped ? interruptedCode : codes[outcome]
}
