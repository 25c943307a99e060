import type { EffectName, Said } from '../../machines/names.ts'
import { txExit } from '../host/protocol.ts'
import type { TxStatus } from '../model/tx.ts'
import { problem, Trouble } from '../problems.ts'
import { sayTrialFailed } from './effects/try.ts'
import { done, problemOf } from './said.ts'
import type { Session } from './session.ts'
import { instruct, reach } from './talk.ts'
import { watch } from './watch.ts'

const askMs = 30_000
const reachMs = 60_000
/** What a connection that died had begun on the host is at its end by then. */
const settledMs = 5000
const armedMs = 40_000

/**
 * What is done about an effect that an earlier controller began, and of which it is not known how it ended: once more,
 * where doing it twice is as good as once, or the host is asked first, and says what came of it, or null: it is to be
 * done. An effect without a policy does not compile.
 */
type Policy = 'again' | ((session: Session, signal: AbortSignal) => Promise<Said | null>)

export const policies: Readonly<Record<EffectName, Policy>> = {
  connect: 'again',
  probe: 'again',
  check: 'again',
  stage: isStaged,
  // The host waits for a build that is still at work, and builds once.
  build: 'again',
  arm: isArmed,
  try: isOver,
  reconnect: 'again',
  verify: 'again',
  permit: 'again',
  // The host's arbiter lets one word win, and gives the same answer to the same word.
  confirm: 'again',
  persist: 'again',
  prove: 'again',
  release: 'again',
  withdraw: 'again',
  ask: 'again',
  rollBack: 'again',
  verifyRollback: 'again',
  waitForHost: 'again',
}

async function isStaged(session: Session, signal: AbortSignal): Promise<Said | null> {
  if (await knows(session)) return done
  await session.job.tools.clock.sleep(settledMs, signal)
  return (await knows(session)) ? done : null
}

const isReady = ({ state, phase }: TxStatus) =>
  state !== 'pending' || !['staged', 'built'].includes(phase)

async function isArmed(session: Session, signal: AbortSignal): Promise<Said | null> {
  await session.job.tools.clock.sleep(settledMs, signal)
  await knows(session)
  if (session.status?.state === 'staged') return null
  const untilMs = session.job.tools.clock.nowMs() + armedMs
  const status = await watch(session, signal, isReady, () => untilMs)
  return status?.state === 'pending' ? done : null
}

function isOver(session: Session): Promise<Said | null> {
  const state = session.status?.state ?? 'staged'
  const isOpen = state === 'staged' || state === 'pending'
  return Promise.resolve(isOpen ? null : sayTrialFailed(session))
}

/** Has the host a record of this run? What it says of it is taken in. */
async function knows(session: Session): Promise<boolean> {
  const { block } = await instruct(session, 'status', { timeoutMs: askMs })
  return block !== null
}

/** Before these the host need not know the run. */
const unknown: readonly EffectName[] = ['connect', 'probe', 'check', 'stage', 'withdraw', 'release']

/**
 * Meets the host again, where a run goes on: what it says of the run is taken in before anything is decided.
 * @throws {Trouble} NF6xxx when it cannot be reached, NF5006 when it does not know the run; both leave the run as it is
 */
export async function meetAgain(session: Session, next: EffectName): Promise<void> {
  const { host, run, tools } = session.job
  const reached = await reach(session, tools.clock.nowMs() + reachMs, new AbortController().signal)
  if (!reached.ok) throw new Trouble({ ...problemOf(reached.error), host: host.name })
  const { exit, block } = await instruct(session, 'status', { timeoutMs: askMs })
  if (block || unknown.includes(next)) return
  if (exit.kind === 'exited' && exit.code === txExit.noTransaction) {
    const message = `${host.name} has no record of run ${run}: it is another machine, or lost its disk`
    const see = `nicfix status --host ${host.name}`
    throw new Trouble(problem('NF5006', message, see, { host: host.name }))
  }
}
