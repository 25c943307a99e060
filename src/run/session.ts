import type { TxOutputs } from '../host/protocol.ts'
import type { Facts } from '../model/facts.ts'
import type { HostPlan } from '../model/plan.ts'
import type { TxEvent, TxStatus } from '../model/tx.ts'
import type { Connection, Host } from '../remote/host.ts'
import type { KeptFacts } from './kept-facts.ts'
import type { Proof, Tools } from './tools.ts'
import type { Turns } from './turns.ts'

/** What a run says while it goes on; for people, never for decisions. */
export type Tell = {
  note(text: string): void
  /** What somebody has to do now. */
  ask(text: string): void
  /** The host does not answer. `deadlineInSeconds` is when its guard rolls back, null when that is not known. */
  away(awayMs: number, deadlineInSeconds: number | null): void
  back(): void
  /** The host's log has a line that was not known yet. */
  heard(event: TxEvent): void
}

/** What one run is about; never changes while it goes on. */
export type Job = {
  readonly host: Host
  /** Id of the run, and of its transaction on the host. */
  readonly run: string
  readonly plan: HostPlan
  readonly digest: string
  readonly playbook: string
  readonly controller: string
  /** The secret that confirms the trial. Goes to the host's files and to stdin, nowhere else. */
  readonly token: string
  readonly payloads: ReadonlyMap<string, Uint8Array>
  readonly tools: Tools
  readonly turns: Turns
  readonly tell: Tell
  /** Keeps the facts from before the run, for a rollback days later. */
  readonly saveFacts: (facts: Facts) => Promise<void>
  /** Keeps those from when a rollback was asked for. */
  readonly saveBegun?: (facts: Facts) => Promise<void>
  /** Does the trial stay only when somebody says so? */
  readonly byHand?: boolean
  /** Has somebody said so? */
  readonly isPermitted?: () => Promise<boolean>
  /** Tries again where an earlier rollback could not finish. */
  readonly retryStuck?: boolean
}

/** What a run has learned so far. Only the effects write here; the machine decides on what they say. */
export type Session = {
  readonly job: Job
  connection: Connection | null
  /** Fingerprint of the first connection; every later one must show the same. */
  hostKey: string | null
  status: TxStatus | null
  readonly events: Map<number, TxEvent>
  outputs: TxOutputs
  before: KeptFacts | null
  /** When a rollback was asked for; null when that was in the run itself. */
  begun: KeptFacts | null
  /** When `before` was probed, in clock milliseconds. */
  probedAtMs: number
  proofs: readonly Proof[]
  deadlineAtMs: number | null
  readonly warnings: string[]
}

/** A session, with what planning has left behind: an open connection and facts that are still warm. */
export function openSession(
  job: Job,
  warm: {
    connection?: Connection
    facts?: KeptFacts
    begun?: KeptFacts
    probedAtMs?: number
  } = {},
): Session {
  return {
    job,
    connection: warm.connection ?? null,
    hostKey: warm.connection?.hostKey ?? null,
    status: null,
    events: new Map(),
    outputs: {},
    before: warm.facts ?? null,
    begun: warm.begun ?? null,
    probedAtMs: warm.probedAtMs ?? Number.NEGATIVE_INFINITY,
    proofs: [],
    deadlineAtMs: null,
    warnings: [],
  }
}

/** Closes the connection, if there is one. */
export async function hangUp(session: Session): Promise<void> {
  const { connection } = session
  session.connection = null
  await connection?.close().catch(() => {
    /* it was dead already */
  })
}

/** Seconds that all undo steps of a plan may take together, as the plan says. */
export function rollbackSeconds({ changes }: HostPlan): number {
  return changes.reduce((sum, { undo }) => sum + undo.seconds, 0)
}
