import { problem } from '../../problems.ts'
import { problemOf, done, lost, say } from '../said.ts'
import { hangUp, rollbackSeconds } from '../session.ts'
import { reach, secondsLeft } from '../talk.ts'
import type { Effect } from './effect.ts'

/** A connection that nobody has used for longer may have died unseen. */
const warmMs = 30_000

/** The first connection; the one that planning has left open will do, unless somebody took time to read the plan. */
export const connect: Effect = async session => {
  const idleMs = session.job.tools.clock.nowMs() - session.probedAtMs
  if (session.connection && idleMs < warmMs) return done
  await hangUp(session)
  try {
    const connection = await session.job.host.connect()
    session.connection = connection
    session.hostKey = connection.hostKey
    return done
  } catch (error) {
    return say('failed', problemOf(error))
  }
}

/**
 * A new connection, made after the trial ended: an old one may live on in a kernel that no new one could reach.
 * The host is tried for as long as its guard waits.
 */
export const reconnect: Effect = async (session, signal) => {
  const { host, run, tools } = session.job
  const { hostKey } = session
  await hangUp(session)
  const untilMs =
    session.deadlineAtMs ?? tools.clock.nowMs() + session.job.plan.confirmWithinSeconds * 1000
  const reached = await reach(session, untilMs, signal)
  const next = `nicfix status --host ${host.name}`
  if (!reached.ok) {
    const left = secondsLeft(session)
    const guard = left === null ? '' : `; its guard rolls back in ${left}s`
    return lost(`no new connection to ${host.name} after the trial${guard}`, next)
  }
  if (hostKey !== null && session.connection?.hostKey !== hostKey) {
    const key = session.connection?.hostKey ?? 'none'
    await hangUp(session)
    const details = [`before  ${hostKey}`, `now     ${key}`, `run     ${run}`]
    const message = 'another host answers since the trial'
    return say('failed', problem('NF6002', message, next, { details }))
  }
  return done
}

/** How long a rollback may take on the host before nobody can count on it any more. */
export function rollbackLimitMs(session: Parameters<Effect>[0]): number {
  return (rollbackSeconds(session.job.plan) + 120) * 1000
}
