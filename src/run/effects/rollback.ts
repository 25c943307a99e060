import type { Said } from '../../../machines/names.ts'
import { parseOwner, txExit } from '../../host/protocol.ts'
import type { Exit } from '../../model/exit.ts'
import type { TxStatus } from '../../model/tx.ts'
import { problem } from '../../problems.ts'
import { keepFacts } from '../kept-facts.ts'
import { done, linesOf, lost, say } from '../said.ts'
import { instruct, reach } from '../talk.ts'
import { watch } from '../watch.ts'
import type { Session } from '../session.ts'
import { rollbackLimitMs } from './connect.ts'
import type { Effect } from './effect.ts'
import { look } from './probe.ts'

const tellMs = 60_000
const repeatMs = 20_000

const isBack = ({ state }: TxStatus) => state === 'rolled-back' || state === 'cancelled'
const hasEnded = (status: TxStatus) => isBack(status) || status.state === 'failed'

function sayStuck({ job, events }: Session): Said {
  const stuck = [...events.values()].filter(({ event }) => event === 'stuck')
  const details = [
    ...stuck.map(({ text }) => text),
    `MANUAL.txt of run ${job.run} on the host says what to type`,
  ]
  const message = `the rollback on ${job.host.name} could not finish`
  return say(
    'stuck',
    problem('NF5001', message, `nicfix status --host ${job.host.name}`, { details }),
  )
}

function sayLocked({ job }: Session, exit: Exit): Said {
  const [, later, on] = /^later (\S+) (.+)$/m.exec(exit.stdout) ?? []
  if (later !== undefined) {
    const message = `run ${later} has changed ${on} on ${job.host.name} since`
    const first = `nicfix rollback ${later} --host ${job.host.name}`
    return say('locked', problem('NF7002', message, first, { details: ['nothing was changed'] }))
  }
  const message = `${job.host.name} is locked by ${parseOwner(exit.stdout)}`
  const next = `nicfix status --host ${job.host.name}`
  return say('locked', problem('NF7001', message, next, { details: linesOf(exit) }))
}

const sayLost = ({ job }: Session): Said =>
  lost(
    `contact to ${job.host.name} was lost; its guard finishes without help`,
    `nicfix status --host ${job.host.name}`,
  )

/** What to tell the host, by what it says of itself; null when it is on its way already. */
function request({ state, guardAlive }: TxStatus): 'cancel' | 'rollback' | null {
  if (state === 'rollback') return guardAlive ? null : 'rollback'
  // Without a living guard there is nobody who would hear a cancel.
  return state === 'staged' || (state === 'pending' && guardAlive) ? 'cancel' : 'rollback'
}

/** Has the host roll back, from whatever state it is in, and follows it to the end. Asking twice does no harm. */
export const rollBack: Effect = async (session, signal) => {
  const { clock } = session.job.tools
  const untilMs = Math.max(session.deadlineAtMs ?? 0, clock.nowMs()) + rollbackLimitMs(session)
  let mayRetry = session.job.retryStuck === true
  while (clock.nowMs() < untilMs && !signal.aborted) {
    if (!(await reach(session, untilMs, signal)).ok) return sayLost(session)
    const { block, exit } = await instruct(session, 'status', { timeoutMs: tellMs })
    if (!block) {
      if (exit.kind !== 'lost') await clock.sleep(1000, signal)
      continue
    }
    if (isBack(block.status)) return done
    if (block.status.state === 'failed' && !mayRetry) return sayStuck(session)
    const verb = request(block.status)
    if (verb) {
      const { exit: told } = await instruct(session, verb, { timeoutMs: tellMs })
      if (told.kind === 'exited' && told.code === txExit.locked) return sayLocked(session, told)
      mayRetry = false
    }
    const askedMs = clock.nowMs()
    // A request that got lost on the way changes nothing over there: it is made again.
    const isDeaf = ({ state }: TxStatus) =>
      state !== 'rollback' && clock.nowMs() - askedMs > repeatMs
    const isOver = (each: TxStatus) => hasEnded(each) || isDeaf(each)
    const status = await watch(session, signal, isOver, () => untilMs)
    if (status && hasEnded(status)) return isBack(status) ? done : sayStuck(session)
  }
  return sayLost(session)
}

/** What does the host say of this run? Where it has lived on since, it is looked at for the proof at the end. */
export const ask: Effect = async session => {
  const { host, run } = session.job
  const { block, exit } = await instruct(session, 'status', { timeoutMs: tellMs })
  const next = `nicfix status --host ${host.name}`
  if (exit.kind === 'lost') return lost(`contact to ${host.name} was lost`, next)
  if (exit.kind === 'exited' && exit.code === txExit.noTransaction) {
    return say('failed', problem('NF5003', `${host.name} knows no run ${run}`, next))
  }
  // Whatever else keeps it from answering: rolling back asks again, and again.
  if (!block) return done
  if (block.status.state === 'committed' || !block.status.sameBoot) {
    const probed = await look(session)
    // The way back matters more than its proof.
    if (probed.kind === 'facts') {
      session.begun = keepFacts(probed.facts)
      await session.job.saveBegun?.(probed.facts)
    }
  }
  return isBack(block.status) ? { verdict: 'undone' } : done
}

const isClear = (status: TxStatus) =>
  hasEnded(status) || status.state === 'committed' || status.state === 'pending'

/** Waits for a host that went away: its guard decides by its own deadline, and says afterwards what it did. */
export const waitForHost: Effect = async (session, signal) => {
  const { clock } = session.job.tools
  const untilMs = Math.max(session.deadlineAtMs ?? 0, clock.nowMs()) + rollbackLimitMs(session)
  const status = await watch(session, signal, isClear, () => untilMs)
  if (!status) return sayLost(session)
  if (status.state === 'committed') return { verdict: 'kept' }
  if (status.state === 'failed') return sayStuck(session)
  return isBack(status) ? { verdict: 'undone' } : done
}
