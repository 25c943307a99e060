/** Outcomes of a run as people read them. */
const outcomeWords: Readonly<Record<string, string>> = {
  changed: 'changed, and proven',
  unchanged: 'unchanged: everything was as wanted',
  failed: 'failed; nothing was changed',
  rolledBack: 'rolled back; everything is as it was',
  unreachable: 'not reachable; nothing was changed',
  dirty: 'NOT as it was: a human is needed',
  unknown: 'unknown: no contact',
  locked: 'locked by another run; nothing was changed',
  refused: 'refused; nothing was changed',
}

/** States of a change as people read them. */
const changeWords: Readonly<Record<string, string>> = {
  planned: 'not begun',
  backedUp: 'not begun',
  applying: 'begun',
  applied: 'applied',
  verified: 'verified',
  done: 'done',
  undoing: 'being undone',
  undone: 'undone',
  stuck: 'NOT undone',
}

/** States of a transaction as its host tells them, in plain words. */
const transactionWords: Readonly<Record<string, string>> = {
  staged: 'prepared; nothing is changed',
  pending: 'on trial; rolls back by itself unless it is confirmed',
  confirmed: 'confirmed; files are being written',
  committed: 'done and kept',
  rollback: 'rolling back now',
  'rolled-back': 'rolled back; everything is as it was',
  failed: 'rollback NOT complete: a human is needed',
  cancelled: 'ended before anything was changed',
}

export const tellOutcome = (outcome: string): string => outcomeWords[outcome] ?? outcome
export const tellChange = (state: string): string => changeWords[state] ?? state
export const tellTransaction = (state: string): string => transactionWords[state] ?? state

/** "waitingForHost" as "waiting for host". */
export function tellState(state: string): string {
  return state.replaceAll(/[A-Z]/g, letter => ` ${letter.toLowerCase()}`)
}

/** "12.3s", "2m 05s". */
export function tellSeconds(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)}s`
  const whole = Math.round(seconds)
  return `${Math.floor(whole / 60)}m ${String(whole % 60).padStart(2, '0')}s`
}

/** "12s", "2m 05s": of something that goes on. */
export function tellAge(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  return seconds < 60 ? `${seconds}s` : tellSeconds(seconds)
}
