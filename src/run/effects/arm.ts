import { txExit } from '../../host/protocol.ts'
import { done, sayExit } from '../said.ts'
import { instruct } from '../talk.ts'
import type { Effect } from './effect.ts'

const armMs = 60_000

/** Starts the guard on the host and goes on only when it has said that it is ready. */
export const arm: Effect = async session => {
  const { exit } = await instruct(session, 'arm', { timeoutMs: armMs })
  if (exit.kind === 'exited' && exit.code === txExit.done) return done
  const next = `nicfix status --host ${session.job.host.name}`
  if (exit.kind === 'exited' && exit.code === txExit.refused) {
    return sayExit('refused', 'NF3001', exit, 'make a new plan and have it approved')
  }
  return sayExit(exit.kind === 'lost' ? 'lost' : 'failed', 'NF4004', exit, next)
}
