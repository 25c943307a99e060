import type { Said } from '../../../machines/names.ts'
import { statusAndProbeCommand } from '../../host/protocol.ts'
import { problem } from '../../problems.ts'
import { inSlot } from '../../remote/slots.ts'
import { trialMisses } from '../expect.ts'
import { takeFacts } from '../kept-facts.ts'
import { done, say, sayExit } from '../said.ts'
import { absorb, secondsLeft, send } from '../talk.ts'
import type { Session } from '../session.ts'
import type { Effect } from './effect.ts'
import { readFacts } from './probe.ts'
import { sayTrialFailed } from './try.ts'

const verifyMs = 100_000
/** A link may take some seconds to come up; what is missing is looked at again. */
const looks = 4
const pauseMs = 2500
/** Time that the confirmation and the host need of the deadline. */
const reserveSeconds = 15

/** A large fleet takes turns, but no host waits for more than half of its time. */
const mayWaitMs = (session: Session) => ((secondsLeft(session) ?? 0) * 1000) / 2

const lookOnce = (session: Session) =>
  inSlot(session.job.turns.verify, () => lookNow(session), mayWaitMs(session))

async function lookNow(session: Session): Promise<Said> {
  const { job, before } = session
  if (!before) throw new Error('the host was not probed')
  const next = `nicfix status --host ${job.host.name}`
  const stdin = job.tools.probeScript()
  const sent = await send(session, statusAndProbeCommand(job.run), { stdin, timeoutMs: verifyMs })
  const { exit, block, rest } = absorb(session, sent)
  if (exit.kind === 'lost') return sayExit('lost', 'NF5002', exit, next)
  if (exit.kind === 'killed' || exit.code !== 0 || !block) {
    return sayExit('failed', 'NF4100', exit, next)
  }
  const { state, phase, sameBoot } = block.status
  if (!sameBoot) {
    return say('undone', problem('NF4100', `${job.host.name} has rebooted since the trial`, next))
  }
  if (state !== 'pending' || phase !== 'tried') return sayTrialFailed(session)
  const probed = readFacts(session, rest)
  if (probed.kind === 'not') return probed.said
  const details = trialMisses(job.plan, session.outputs, takeFacts(before), probed.facts)
  if (details.length === 0) return done
  const message = 'the trial did not reach what was planned'
  return say('failed', problem('NF4100', message, next, { details }))
}

/** Looks at the host over the new connection: is the trial what was planned, and everything else as it was? */
export const verify: Effect = async (session, signal) => {
  const { clock } = session.job.tools
  let said = await lookOnce(session)
  for (let look = 1; look < looks && said.verdict === 'failed'; look += 1) {
    if (signal.aborted || (secondsLeft(session) ?? 0) < reserveSeconds) break
    await clock.sleep(pauseMs, signal)
    said = await lookOnce(session)
  }
  return said
}
