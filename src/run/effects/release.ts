import { txExit } from '../../host/protocol.ts'
import type { TxStatus } from '../../model/tx.ts'
import { problem } from '../../problems.ts'
import { done, linesOf, lost, say } from '../said.ts'
import { instruct, reach } from '../talk.ts'
import { watch } from '../watch.ts'
import type { Effect } from './effect.ts'

const reachMs = 30_000
const tellMs = 30_000

/** Gives the host free for the next run. What fails here is a warning: the outcome stands already. */
export const release: Effect = async (session, signal) => {
  const { host, tools } = session.job
  await reach(session, tools.clock.nowMs() + reachMs, signal)
  const { exit } = await instruct(session, 'release', { timeoutMs: tellMs })
  if (exit.kind === 'exited' && exit.code === txExit.done) return done
  session.warnings.push(`the lock on ${host.name} was not released: ${linesOf(exit)[0] ?? ''}`)
  return { verdict: 'failed' }
}

const hasEnded = ({ state }: TxStatus) =>
  state === 'cancelled' || state === 'rolled-back' || state === 'failed'

/** Takes back what was staged or armed before anything was fired. A host that knows nothing of it is fine. */
export const withdraw: Effect = async (session, signal) => {
  const { host, tools } = session.job
  const next = `nicfix status --host ${host.name}`
  const untilMs = tools.clock.nowMs() + reachMs
  if (!(await reach(session, untilMs, signal)).ok) {
    return lost(`${host.name} went away before anything was changed`, next)
  }
  const { exit, block } = await instruct(session, 'cancel', { timeoutMs: tellMs })
  if (exit.kind === 'exited' && exit.code !== txExit.done && !block) return done
  const status =
    block && hasEnded(block.status)
      ? block.status
      : await watch(session, signal, hasEnded, () => untilMs + reachMs)
  if (!status) return lost(`${host.name} went away before anything was changed`, next)
  if (status.state === 'failed') {
    const message = `${host.name} could not take back what was prepared`
    return say('stuck', problem('NF5001', message, next, { details: linesOf(exit) }))
  }
  return release(session, signal)
}
