import type { EffectName, Outcome, Said } from '../../machines/names.ts'
import { runMachine } from '../../machines/run.ts'
import { undoMachine } from '../../machines/undo.ts'
import { drive } from './drive.ts'
import type { Ended, Interrupts } from './drive.ts'
import { meetAgain, policies } from './resume.ts'
import { nextOf, replay } from './replay.ts'
import type { Replayed } from './replay.ts'
import { arm } from './effects/arm.ts'
import { build } from './effects/build.ts'
import { check } from './effects/check.ts'
import { confirm, persist } from './effects/confirm.ts'
import { connect, reconnect } from './effects/connect.ts'
import type { Effect } from './effects/effect.ts'
import { permit } from './effects/permit.ts'
import { probe } from './effects/probe.ts'
import { proveChanged, proveRolledBack } from './effects/prove.ts'
import { release, withdraw } from './effects/release.ts'
import { ask, rollBack, waitForHost } from './effects/rollback.ts'
import { stage } from './effects/stage.ts'
import { tryChanges } from './effects/try.ts'
import { verify } from './effects/verify.ts'
import { followChanges, measureOutage } from './follow.ts'
import type { Course } from './follow.ts'
import type { Journal, Line } from './journal.ts'
import { exitCodeOf } from './outcome.ts'
import { hangUp } from './session.ts'
import type { Job, Session } from './session.ts'
import type { Proof } from './tools.ts'

const effects: Readonly<Record<EffectName, Effect>> = {
  connect,
  probe,
  check,
  stage,
  build,
  arm,
  try: tryChanges,
  reconnect,
  verify,
  permit,
  confirm,
  persist,
  prove: proveChanged,
  release,
  withdraw,
  ask,
  rollBack,
  verifyRollback: proveRolledBack,
  waitForHost,
}

/** How a run on one host ended: what the report is made of. */
export type HostResult = {
  readonly host: string
  readonly run: string
  readonly outcome: Outcome
  readonly exitCode: number
  readonly cause: Ended['cause']
  readonly last: Ended['last']
  readonly interrupted: boolean
  readonly detached: boolean
  readonly changes: Course['changes']
  readonly proofs: readonly Proof[]
  /** Seconds that the links were down, as the host measured it. */
  readonly outageSeconds: number | null
  readonly seconds: number
  readonly warnings: readonly string[]
}

export type Ride = {
  readonly session: Session
  readonly journal: Pick<Journal, 'append'>
  readonly interrupts: Interrupts
  readonly onState: (state: string, said: Said | null) => void
}

/** Applies one host's plan, to the end that the machine finds. */
export function applyPlan(ride: Ride): Promise<HostResult> {
  return ridden(ride, runMachine)
}

/** Takes one host's run back. */
export function undoRun(ride: Ride): Promise<HostResult> {
  return ridden(ride, undoMachine)
}

/** What the journal of a host's run says of it. @throws {Trouble} NF5005 */
export function readRun(job: Pick<Job, 'plan' | 'digest'>, lines: readonly Line[]): Replayed {
  const byHand = lines[0]?.['byHand'] === true
  return replay(machineOf(lines), inputOf({ ...job, byHand }), job.digest, lines)
}

/**
 * Goes on with a run that another controller, or this one, has left.
 * @throws {Trouble} NF5005, NF5006, NF6xxx: the run is as it was, and can be resumed again
 */
export async function resumeRun(ride: Ride, lines: readonly Line[]): Promise<HostResult> {
  const replayed = readRun(ride.session.job, lines)
  if (replayed.snapshot.status === 'active') await meetAgain(ride.session, nextOf(replayed).src)
  return ridden(ride, machineOf(lines), replayed)
}

const machineOf = ([first]: readonly Line[]) =>
  first?.['machine'] === undoMachine.id ? undoMachine : runMachine

const inputOf = ({ plan, byHand = false }: Pick<Job, 'plan' | 'byHand'>) => ({
  builds: plan.changes.some(({ phase }) => phase === 'build'),
  byHand,
})

/** An effect, or where it was begun before, what the host says of it. */
async function doEffect(session: Session, name: EffectName, signal: AbortSignal, resumed: boolean) {
  const policy = policies[name]
  const known = resumed && policy !== 'again' ? await policy(session, signal) : null
  return known ?? effects[name](session, signal)
}

async function ridden(
  { session, journal, interrupts, onState }: Ride,
  machine: typeof runMachine | typeof undoMachine,
  replayed: Replayed | null = null,
): Promise<HostResult> {
  const { host, run, plan, digest, playbook, tools, byHand = false } = session.job
  const beganMs = tools.clock.nowMs()
  const bound = Object.fromEntries(
    Object.keys(effects).map(name => [
      name,
      (signal: AbortSignal, resumed: boolean) =>
        doEffect(session, name as EffectName, signal, resumed),
    ]),
  )
  const ended = await drive({
    machine,
    input: inputOf({ plan, byHand }),
    begin: { run, host: host.name, plan: digest, playbook, ...(byHand ? { byHand } : {}) },
    replayed,
    effects: bound,
    journal,
    interrupts,
    drop: () => hangUp(session),
    onState,
  })
  await hangUp(session)
  const seconds = Math.round((tools.clock.nowMs() - beganMs) / 100) / 10
  return { host: host.name, run, ...ended, ...conclude(session, ended), seconds }
}

function conclude(session: Session, ended: Ended) {
  const events = [...session.events.values()]
  const committed = session.status?.state === 'committed'
  const { changes, disorder } = followChanges(events, session.job.plan.changes, committed)
  return {
    exitCode: exitCodeOf(ended),
    changes,
    proofs: session.proofs,
    outageSeconds: measureOutage(events),
    warnings: disorder ? [...session.warnings, disorder] : session.warnings,
  }
}
