import type { Said } from '../../../machines/names.ts'
import { problem } from '../../problems.ts'
import type { ProblemCode } from '../../problems.ts'
import { inSlot } from '../../remote/slots.ts'
import { takeFacts } from '../kept-facts.ts'
import { done, lost, say } from '../said.ts'
import { reach } from '../talk.ts'
import type { Session } from '../session.ts'
import type { Tools } from '../tools.ts'
import type { Effect } from './effect.ts'
import { look } from './probe.ts'

const reachMs = 90_000
const looks = 4
const pauseMs = 2500

type Kind = {
  readonly of: 'proofs' | 'rollbackProofs'
  readonly code: ProblemCode
  readonly message: string
}

async function proveOnce(session: Session, kind: Kind, signal: AbortSignal): Promise<Said> {
  const { job } = session
  if (!session.before) throw new Error('the host was not probed')
  const next = `nicfix status --host ${job.host.name}`
  if (!(await reach(session, job.tools.clock.nowMs() + reachMs, signal)).ok) {
    return lost(`${job.host.name} cannot be reached for the proof`, next)
  }
  const probed = await inSlot(job.turns.prove, () => look(session))
  if (probed.kind === 'not') return probed.said
  const before = takeFacts(session.before)
  const begun = session.begun ? takeFacts(session.begun) : before
  const judge: Tools['rollbackProofs'] = job.tools[kind.of]
  session.proofs = judge(job.plan, before, probed.facts, begun)
  const details = session.proofs.filter(({ ok }) => !ok).map(({ name, text }) => `${name}: ${text}`)
  if (details.length === 0) return done
  return say('failed', problem(kind.code, kind.message, next, { details }))
}

/** A link may take some seconds to come up, and a connection may die: nothing is concluded from one bad look. */
async function prove(session: Session, kind: Kind, signal: AbortSignal): Promise<Said> {
  let said = await proveOnce(session, kind, signal)
  for (let round = 1; round < looks && said.verdict !== 'done' && !signal.aborted; round += 1) {
    await session.job.tools.clock.sleep(pauseMs, signal)
    said = await proveOnce(session, kind, signal)
  }
  return said
}

/** Proves that what was planned is so, and that all else is as it was. */
export const proveChanged: Effect = (session, signal) =>
  prove(session, { of: 'proofs', code: 'NF4100', message: 'a proof failed' }, signal)

/** Proves that everything is as it was. */
export const proveRolledBack: Effect = (session, signal) => {
  const message = 'rolled back, and yet not everything is as it was'
  return prove(session, { of: 'rollbackProofs', code: 'NF5001', message }, signal)
}
