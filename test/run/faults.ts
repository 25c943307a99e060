import type { Clock } from '../../src/run/clock.ts'

/** Time that passes only when somebody waits. */
export class FakeClock implements Clock {
  ms = 0
  nowMs = () => this.ms
  today = () => new Date(Date.UTC(2026, 10, 22) + this.ms)
  sleep = (ms: number) => {
    this.ms += ms
    return Promise.resolve()
  }
}

/** What goes wrong, all of it optional. */
export type Faults = {
  /** The link dies at the first command of that name: before the host gets it, or after it was done. */
  readonly lose?: { readonly at: string; readonly when: 'before' | 'after' }
  /** From this many seconds after the firing, the host cannot be reached for so long. */
  readonly gone?: { readonly from: number; readonly seconds: number }
  readonly unreachable?: boolean
  readonly locked?: boolean
  readonly stageRefuses?: boolean
  readonly buildFails?: boolean
  readonly armFails?: boolean
  readonly trialFails?: boolean
  /** The trial says that it is fine, and the setting is not what was wanted. */
  readonly trialMisses?: boolean
  readonly persistFails?: boolean
  readonly rollbackFails?: boolean
  /** Something stays different after a rollback that says it is complete. */
  readonly leavesDirt?: boolean
  readonly proofFails?: boolean
  readonly rebootsAfterTrial?: boolean
  readonly confirmTakesMs?: number
  /** From this connection on another host key answers. */
  readonly otherKeyFrom?: number
  readonly releaseFails?: boolean
}
