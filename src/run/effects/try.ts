import { problem } from '../../problems.ts'
import type { TxStatus } from '../../model/tx.ts'
import { done, lost, say, sayExit } from '../said.ts'
import { instruct, secondsLeft } from '../talk.ts'
import { watch } from '../watch.ts'
import type { Session } from '../session.ts'
import type { Effect } from './effect.ts'

const fireMs = 30_000
/** The guard begins about a second after it was told to. */
const beginMs = 20_000

/** Why the host gave a trial up, in the words of its own log. */
export function sayTrialFailed(session: Session): ReturnType<typeof say> {
  const failures = [...session.events.values()].filter(({ event }) => event === 'failed')
  const [first, ...more] = failures.map(({ change, text }) => {
    const title = session.job.plan.changes.find(({ id }) => id === change)?.title
    return title ? `${title}: ${text}` : text
  })
  const message = first ?? 'the host gave the trial up'
  const next = `nicfix status --host ${session.job.host.name}`
  return say('undone', problem('NF4100', message, next, { details: more }))
}

const isTried = ({ state, phase }: TxStatus) =>
  (state === 'pending' && phase === 'tried') || !['staged', 'pending'].includes(state)

/** Fires the trial and follows it, through as many lost connections as it takes, until the guard's deadline. */
export const tryChanges: Effect = async (session, signal) => {
  const { clock } = session.job.tools
  const { host, plan } = session.job
  const { exit } = await instruct(session, 'fire', { timeoutMs: fireMs })
  const next = `nicfix status --host ${host.name}`
  if (exit.kind === 'killed' || (exit.kind === 'exited' && exit.code !== 0)) {
    return sayExit('failed', 'NF4100', exit, next)
  }
  const firedMs = clock.nowMs()
  const isIdle = ({ phase }: TxStatus) =>
    ['staged', 'built', 'ready'].includes(phase) && clock.nowMs() - firedMs > beginMs
  const untilMs = () => session.deadlineAtMs ?? firedMs + plan.confirmWithinSeconds * 1000
  const status = await watch(session, signal, each => isTried(each) || isIdle(each), untilMs)
  if (!status) {
    const left = secondsLeft(session)
    const message = `${host.name} has not come back from the trial in time`
    return lost(left ? `${message}; its guard rolls back in ${left}s` : message, next)
  }
  if (status.state === 'pending') {
    if (status.phase === 'tried') return done
    return say('failed', problem('NF4100', 'the guard did not begin the trial', next))
  }
  return sayTrialFailed(session)
}
