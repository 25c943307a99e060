import type { Said } from '../../../machines/names.ts'
import { problem } from '../../problems.ts'
import { problemOf, done, lost, say } from '../said.ts'
import { hangUp, rollbackSeconds } from '../session.ts'
import type { Session } from '../session.ts'
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
  const { host, tools } = session.job
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
  return (await refuseAnother(session)) ?? done
}

/** Another host key than that of the first connection, also one that known_hosts has, confirms nothing. */
export async function refuseAnother(session: Session): Promise<Said | null> {
  const { connection, hostKey, job } = session
  if (hostKey === null || connection === null || connection.hostKey === hostKey) return null
  await hangUp(session)
  const details = [`before  ${hostKey}`, `now     ${connection.hostKey}`, `run     ${job.run}`]
  const message = 'another host answers since the trial'
  const next = `nicfix status --host ${job.host.name}`
  return say('failed', problem('NF6002', message, next, { details }))
}

/** How long a rollback may take on the host before nobody can count on it any more. */
export function rollbackLimitMs(session: Parameters<Effect>[0]): number {
  return (rollbackSeconds(session.job.plan) + 120) * 1000
}
