import type { EffectName, Outcome, Said } from '../../machines/names.ts'
import { runMachine } from '../../machines/run.ts'
import { undoMachine } from '../../machines/undo.ts'
import { drive } from './drive.ts'
import type { Ended, Interrupts } from './drive.ts'
import { arm } from './effects/arm.ts'
import { build } from './effects/build.ts'
import { check } from './effects/check.ts'
import { confirm, persist } from './effects/confirm.ts'
import { connect, reconnect } from './effects/connect.ts'
import type { Effect } from './effects/effect.ts'
import { probe } from './effects/probe.ts'
import { proveChanged, proveRolledBack } from './effects/prove.ts'
import { release, withdraw } from './effects/release.ts'
import { ask, rollBack, waitForHost } from './effects/rollback.ts'
import { stage } from './effects/stage.ts'
import { tryChanges } from './effects/try.ts'
import { verify } from './effects/verify.ts'
import { followChanges, measureOutage } from './follow.ts'
import type { Course } from './follow.ts'
import type { Journal } from './journal.ts'
import { exitCodeOf } from './outcome.ts'
import { hangUp } from './session.ts'
import type { Session } from './session.ts'
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

async function ridden(
  { session, journal, interrupts, onState }: Ride,
  machine: typeof runMachine | typeof undoMachine,
): Promise<HostResult> {
  const { host, run, plan, digest, playbook, tools } = session.job
  const beganMs = tools.clock.nowMs()
  const bound = Object.fromEntries(
    Object.entries(effects).map(([name, effect]) => [
      name,
      (signal: AbortSignal) => effect(session, signal),
    ]),
  )
  const ended = await drive({
    machine,
    input: { builds: plan.changes.some(({ phase }) => phase === 'build') },
    begin: { run, host: host.name, plan: digest, playbook },
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
