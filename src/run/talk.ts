import { parseAnswer, txCommand } from '../host/protocol.ts'
import type { TxBlock, TxVerb } from '../host/protocol.ts'
import type { Exit } from '../model/exit.ts'
import type { Input } from '../remote/host.ts'
import { hangUp } from './session.ts'
import type { Session } from './session.ts'

const slowestRetryMs = 8000

/**
 * The session's connection, or a new one: tries until `untilMs`, waiting 1, 2, 4 … 8 s in between. Null when there
 * was none to be had, with the last reason in `why`.
 */
export async function reach(
  session: Session,
  untilMs: number,
  signal: AbortSignal,
): Promise<{ ok: true } | { ok: false; error: unknown }> {
  const { host, tools, tell } = session.job
  const { clock } = tools
  const beganMs = clock.nowMs()
  let error: unknown = new Error('there was no time left')
  for (let waitMs = 1000; !session.connection; waitMs = Math.min(waitMs * 2, slowestRetryMs)) {
    if (signal.aborted) return { ok: false, error }
    try {
      const timeoutMs = Math.max(3000, Math.min(10_000, untilMs - clock.nowMs()))
      const connection = await host.connect({ timeoutMs })
      // Somebody stopped the run meanwhile: this connection belongs to nobody.
      if (signal.aborted) {
        await connection.close()
        return { ok: false, error }
      }
      session.connection = connection
      session.hostKey ??= connection.hostKey
    } catch (caught) {
      error = caught
      if (clock.nowMs() + waitMs > untilMs) return { ok: false, error }
      tell.away(clock.nowMs() - beganMs, secondsLeft(session))
      await clock.sleep(waitMs, signal)
    }
  }
  tell.back()
  return { ok: true }
}

/** Seconds until the host's guard rolls back, as far as it is known. */
export function secondsLeft({ deadlineAtMs, job }: Session): number | null {
  if (deadlineAtMs === null) return null
  return Math.max(0, Math.round((deadlineAtMs - job.tools.clock.nowMs()) / 1000))
}

type Command = { stdin?: Input; timeoutMs: number; onStderr?: (text: string) => void }

/** Runs a command over the connection that is open now. A dead link is let go of. */
export async function send(session: Session, command: string, options: Command): Promise<Exit> {
  const { connection } = session
  if (!connection) {
    return { kind: 'lost', why: 'there is no connection', stdout: '', stderr: '' }
  }
  const exit = await connection.run(command, options)
  if (exit.kind === 'lost' && session.connection === connection) await hangUp(session)
  return exit
}

export type Answered = {
  readonly exit: Exit
  /** What the host says of this run's transaction; null when it says nothing that can be understood. */
  readonly block: TxBlock | null
  readonly rest: string
}

/** Takes what the host said into the session. */
export function absorb(session: Session, exit: Exit): Answered {
  const answer = exit.kind === 'exited' ? parseAnswer(exit.stdout) : null
  if (answer?.kind !== 'blocks') return { exit, block: null, rest: '' }
  const block = answer.blocks.find(({ status }) => status.id === session.job.run) ?? null
  if (block) {
    const { status, outputs } = block
    session.status = status
    for (const event of status.events) {
      if (!session.events.has(event.seq)) session.job.tell.heard(event)
      session.events.set(event.seq, event)
    }
    if (Object.keys(outputs).length > 0) session.outputs = { ...session.outputs, ...outputs }
    const { deadlineInSeconds } = status
    session.deadlineAtMs =
      deadlineInSeconds === null
        ? session.deadlineAtMs
        : session.job.tools.clock.nowMs() + deadlineInSeconds * 1000
  }
  return { exit, block, rest: answer.rest }
}

/** Runs a command of the transaction's script and takes in its answer. */
export async function instruct(
  session: Session,
  verb: TxVerb,
  options: Command & { numbers?: readonly number[] },
): Promise<Answered> {
  const { numbers = [], ...rest } = options
  return absorb(session, await send(session, txCommand(session.job.run, verb, ...numbers), rest))
}
