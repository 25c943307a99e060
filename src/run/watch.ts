import type { TxStatus } from '../model/tx.ts'
import { instruct, reach } from './talk.ts'
import type { Session } from './session.ts'

/** How long one question waits on the host for news. */
const pollSeconds = 10
/** A host that answers without any news is not asked again sooner. */
const pauseMs = 250

const newestEvent = ({ events }: Session) => Math.max(0, ...events.keys())

/**
 * Asks the host until it says what is waited for, and through any number of lost connections. `untilMs` is asked
 * anew each time, because the host's deadline may come to be known on the way. Null when time is up.
 */
export async function watch(
  session: Session,
  signal: AbortSignal,
  isOver: (status: TxStatus) => boolean,
  untilMs: () => number,
): Promise<TxStatus | null> {
  const { clock } = session.job.tools
  while (!signal.aborted) {
    const leftMs = untilMs() - clock.nowMs()
    if (leftMs <= 0) return null
    if (!(await reach(session, untilMs(), signal)).ok) return null
    const askedMs = clock.nowMs()
    const known = session.status?.phase
    const numbers = [Math.min(pollSeconds, Math.ceil(leftMs / 1000)), newestEvent(session)]
    const { block } = await instruct(session, 'wait', { numbers, timeoutMs: 20_000 })
    if (block && isOver(block.status)) return block.status
    const isNews = block !== null && block.status.phase !== known
    if (!isNews && clock.nowMs() - askedMs < pauseMs) await clock.sleep(pauseMs, signal)
  }
  return null
}
