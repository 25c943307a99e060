import { setTimeout as wait } from 'node:timers/promises'

/** Time comes in as an argument, so that tests need not wait. This file is the only one that reads it. */
export type Clock = {
  /** Monotonic milliseconds: for deadlines and durations. */
  nowMs(): number
  /** Wall clock, for people only. */
  today(): Date
  /** Resolves early, without an error, when `signal` fires. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export const realClock: Clock = {
  nowMs: () => performance.now(),
  today: () => new Date(),
  sleep: (ms, signal) =>
    wait(ms, undefined, signal ? { signal } : {}).catch(() => {
      /* woken up early */
    }),
}
