import { txExit } from '../../host/protocol.ts'
import type { TxStatus } from '../../model/tx.ts'
import { problem } from '../../problems.ts'
import { done, lost, say, sayExit } from '../said.ts'
import { instruct, reach } from '../talk.ts'
import { watch } from '../watch.ts'
import type { Session } from '../session.ts'
import { refuseAnother } from './connect.ts'
import type { Effect } from './effect.ts'
import { sayTrialFailed } from './try.ts'

const confirmMs = 30_000
const persistMs = 5 * 60_000
const graceMs = 10_000

const isConfirmed = ({ status }: Session) =>
  status?.state === 'confirmed' || status?.state === 'committed'

/**
 * Says on the new connection that the trial may stay. The host lets exactly one of this and its deadline win; when
 * the answer is lost the host is asked what became of it, and told again only while it still waits.
 */
export const confirm: Effect = async (session, signal) => {
  const { host, tools, token } = session.job
  const next = `nicfix status --host ${host.name}`
  const untilMs = (session.deadlineAtMs ?? tools.clock.nowMs()) + graceMs
  // Somebody may have waited long for a word, over more than one connection.
  let another = await refuseAnother(session)
  while (!another) {
    const { exit } = await instruct(session, 'confirm', {
      stdin: `${token}\n`,
      timeoutMs: confirmMs,
    })
    if (exit.kind === 'exited' && exit.code === txExit.done) return done
    if (exit.kind === 'exited' && exit.code === txExit.tooLate) {
      const message = 'the confirmation came too late: the guard had begun to roll back'
      return say('undone', problem('NF4100', message, next))
    }
    if (exit.kind !== 'lost') return sayExit('failed', 'NF4100', exit, next)
    if (!(await reach(session, untilMs, signal)).ok) break
    another = await refuseAnother(session)
    if (another) break
    await instruct(session, 'status', { timeoutMs: confirmMs })
    if (isConfirmed(session)) return done
    if (session.status && session.status.state !== 'pending') return sayTrialFailed(session)
    if (tools.clock.nowMs() >= untilMs) break
  }
  return another ?? lost(`contact to ${host.name} was lost while confirming`, next)
}

const hasEnded = ({ state }: TxStatus) => state !== 'pending' && state !== 'confirmed'

/** Follows the guard while it writes the files. */
export const persist: Effect = async (session, signal) => {
  const { host, tools } = session.job
  const untilMs = tools.clock.nowMs() + persistMs
  const status = await watch(session, signal, hasEnded, () => untilMs)
  const next = `nicfix status --host ${host.name}`
  if (!status) return lost(`contact to ${host.name} was lost after the confirmation`, next)
  if (status.state === 'committed') return done
  const { cause } = sayTrialFailed(session)
  const verdict = status.state === 'failed' ? 'stuck' : 'undone'
  return cause ? { verdict, cause } : { verdict }
}
