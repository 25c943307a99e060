import type { Said } from '../../../machines/names.ts'
import type { Session } from '../session.ts'

/**
 * One thing that a run does. It says what it found and decides nothing. When `signal` fires, somebody has stopped
 * the run: whatever it says then is not heard, and it must touch the host no more.
 */
export type Effect = (session: Session, signal: AbortSignal) => Promise<Said>
