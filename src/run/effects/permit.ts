import type { TxStatus } from '../../model/tx.ts'
import { done, lost } from '../said.ts'
import { secondsLeft } from '../talk.ts'
import { watch } from '../watch.ts'
import type { Effect } from './effect.ts'
import { sayTrialFailed } from './try.ts'

const lookMs = 2000
const graceMs = 10_000

const isOver = ({ state, phase }: TxStatus) => state !== 'pending' || phase !== 'tried'

/** Waits until somebody allows the confirmation (`nicfix confirm`); the host goes on counting to its deadline. */
export const permit: Effect = async (session, signal) => {
  const { host, run, tools, tell, isPermitted } = session.job
  const { clock } = tools
  if (await isPermitted?.()) return done
  const left = secondsLeft(session)
  const until = left === null ? '' : `; else it is taken back in ${left}s`
  tell.ask(`to keep it: nicfix confirm ${run} --host ${host.name}${until}`)
  const dueMs = () => (session.deadlineAtMs ?? clock.nowMs()) + graceMs
  while (!signal.aborted && clock.nowMs() < dueMs()) {
    const untilMs = clock.nowMs() + lookMs
    const status = await watch(session, signal, isOver, () => untilMs)
    if (status) return sayTrialFailed(session)
    if (await isPermitted?.()) return done
  }
  const next = `nicfix status --host ${host.name}`
  return lost(`contact to ${host.name} was lost while it waited for a word`, next)
}
