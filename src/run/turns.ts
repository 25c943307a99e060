import { makeSlots } from '../remote/slots.ts'
import type { Slots } from '../remote/slots.ts'

/** What the hosts of a fleet take turns at, however many are changed at once: all of it is long while it is under way. */
export type Turns = {
  /** What is learned of a host before it is changed. Nothing is in a hurry yet. */
  readonly probe: Slots
  /** Each needs an archive of its own, and the way out of this machine is no wider for many. Nothing is armed yet. */
  readonly stage: Slots
  /** A deadline is running out: whoever waits here waits for a part of it, and then goes without. */
  readonly verify: Slots
  /** Nothing is in a hurry any more. */
  readonly prove: Slots
}

export function makeTurns(): Turns {
  return {
    probe: makeSlots(20),
    stage: makeSlots(20),
    verify: makeSlots(50),
    prove: makeSlots(20),
  }
}
