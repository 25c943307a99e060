import type { Exit } from '../model/exit.ts'
import type { RunOptions } from './host.ts'

/** An authenticated connection over which commands run as the user who logged in. */
export type Shell = {
  /** SHA256 fingerprint of the host key that was verified. */
  readonly hostKey: string
  /** Runs the text as the user's login shell understands it. Never throws: a dead link is `{ kind: 'lost' }`. */
  run(text: string, options: RunOptions): Promise<Exit>
  close(): Promise<void>
}

/** 4 of the 10 sessions that sshd allows a connection: a session stays taken a little longer than its channel. */
export const parallelCommands = 4

/** How long to wait before a session is asked for anew that the host refused for want of a free one. */
export const retriesMs: readonly number[] = [50, 100, 200, 400, 800, 1600, 1600]
