import type { Facts } from '../../model/facts.ts'
import type { Said } from '../../../machines/names.ts'
import { problem } from '../../problems.ts'
import { inSlot } from '../../remote/slots.ts'
import { keepFacts, takeFacts } from '../kept-facts.ts'
import { done, linesOf, problemOf, say, sayExit } from '../said.ts'
import { send } from '../talk.ts'
import type { Session } from '../session.ts'
import type { Effect } from './effect.ts'

/** Facts this young need no second look: nobody had the time to read a plan in between. */
const freshMs = 10_000
const probeMs = 180_000

export type Probed =
  | { readonly kind: 'facts'; readonly facts: Facts }
  | { readonly kind: 'not'; readonly said: Awaited<ReturnType<Effect>> }

/** One read-only look at the host over the connection that is open. */
export async function look(session: Session): Promise<Probed> {
  const { host, tools } = session.job
  const exit = await send(session, 'sh -s', { stdin: tools.probeScript(), timeoutMs: probeMs })
  const next = `nicfix facts --host ${host.name}`
  if (exit.kind === 'lost') return { kind: 'not', said: sayExit('lost', 'NF5002', exit, next) }
  if (exit.kind === 'killed' || exit.code !== 0) {
    const details = linesOf(exit)
    const cause = problem('NF2040', 'the probe did not run to its end', next, { details })
    return { kind: 'not', said: say('failed', cause) }
  }
  return readFacts(session, exit.stdout)
}

/** What a probe printed, as facts. */
export function readFacts(session: Session, stdout: string): Probed {
  try {
    return { kind: 'facts', facts: session.job.tools.parseFacts(stdout) }
  } catch (error) {
    return { kind: 'not', said: say('failed', problemOf(error)) }
  }
}

/** The facts that the run is judged by at its end. */
export const probe: Effect = session => inSlot(session.job.turns.probe, () => learn(session))

async function learn(session: Session): Promise<Said> {
  const { tools, saveFacts } = session.job
  const isFresh = tools.clock.nowMs() - session.probedAtMs < freshMs
  if (session.before && isFresh) {
    await saveFacts(takeFacts(session.before))
    return done
  }
  const probed = await look(session)
  if (probed.kind === 'not') return probed.said
  session.before = keepFacts(probed.facts)
  session.probedAtMs = tools.clock.nowMs()
  await saveFacts(probed.facts)
  return done
}
