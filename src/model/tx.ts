/**
 * What the host says of a transaction. The host is the authority; these words come from its own files.
 *
 * staged      backups and manifest are durable, nothing is armed, nothing is changed
 * pending     the guard is armed: without a confirmation the host rolls back by itself
 * confirmed   the trial was confirmed, files are being persisted
 * committed   everything is persisted and verified
 * rollback    a rollback is under way
 * rolled-back everything is as it was, verified
 * failed      a rollback could not finish: a human is needed, MANUAL.txt says what to type
 * cancelled   ended before anything was changed
 */
export const txStates = [
  'staged',
  'pending',
  'confirmed',
  'committed',
  'rollback',
  'rolled-back',
  'failed',
  'cancelled',
] as const
export type TxState = (typeof txStates)[number]

/** Finer than the state, for progress: what the guard is doing now. */
export const txPhases = [
  'staged',
  'built',
  'ready',
  'trying',
  'tried',
  'persisting',
  'rolling-back',
  'ended',
] as const
export type TxPhase = (typeof txPhases)[number]

/** A line of the host's step log. `change` is "-" for lines about the whole transaction. */
export type TxEvent = {
  readonly seq: number
  /** Seconds since the host booted: the only clock that the host decides by. */
  readonly uptime: number
  readonly change: string
  readonly event: TxEventName
  readonly text: string
}

/** Events of one change, in the only order that machines/change.ts allows; `note` and `failed` may come anywhere. */
export const txEventNames = [
  'backed-up',
  'begin',
  'applied',
  'verified',
  'undo',
  'undone',
  'stuck',
  'failed',
  'note',
] as const
export type TxEventName = (typeof txEventNames)[number]

export type TxStatus = {
  readonly id: string
  readonly state: TxState
  readonly phase: TxPhase
  readonly guardAlive: boolean
  /** Is the second trigger there, which takes over from a dead guard? */
  readonly watchAlive: boolean
  /** Seconds until the guard rolls back; null when it is not armed. */
  readonly deadlineInSeconds: number | null
  /** False when the host has booted since the transaction was staged. */
  readonly sameBoot: boolean
  readonly playbook: string
  readonly events: readonly TxEvent[]
}
