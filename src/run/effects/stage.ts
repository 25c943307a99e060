import type { Said } from '../../../machines/names.ts'
import { parseOwner, stageCommand, txExit } from '../../host/protocol.ts'
import { packStage } from '../../host/stage.ts'
import { problem } from '../../problems.ts'
import { inSlot } from '../../remote/slots.ts'
import { done, linesOf, say, sayExit } from '../said.ts'
import { absorb, send } from '../talk.ts'
import type { Session } from '../session.ts'
import type { Effect } from './effect.ts'

const stageMs = 180_000

/** Brings the transaction to the host in one round trip; the host takes its lock and makes its backups. */
export const stage: Effect = (session, signal) =>
  inSlot(session.job.turns.stage, () => upload(session, signal))

async function upload(session: Session, signal: AbortSignal): Promise<Said> {
  if (signal.aborted) return { verdict: 'interrupted' }
  const { run, tools, host, plan, digest, playbook, controller, token, payloads } = session.job
  const script = tools.hostScript()
  const over = session.connection?.via === 'local' ? 'local' : 'ssh'
  const about = { plan, digest, playbook, controller, over, token, payloads, script } as const
  const { archive, sumsSha256 } = await packStage({ id: run, ...about })
  const command = stageCommand(run, sumsSha256)
  const { exit } = absorb(
    session,
    await send(session, command, { stdin: archive, timeoutMs: stageMs }),
  )
  const next = `nicfix status --host ${host.name}`
  if (exit.kind === 'lost') return sayExit('lost', 'NF4001', exit, next)
  if (exit.kind === 'killed') return sayExit('failed', 'NF4001', exit, next)
  if (exit.code === txExit.done) return done
  if (exit.code === txExit.locked) {
    const message = `${host.name} is locked by ${parseOwner(exit.stdout)}`
    return say('locked', problem('NF7001', message, next, { details: linesOf(exit) }))
  }
  if (exit.code === txExit.refused) {
    return sayExit('refused', 'NF3001', exit, 'make a new plan and have it approved')
  }
  return sayExit('failed', 'NF4001', exit, next)
}
