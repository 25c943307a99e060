import { array, asyncProperty, check, nat } from 'fast-check'
import type { Arbitrary } from 'fast-check'
import { begin, next, possible } from '../../machines/tours.ts'
import type { EventName } from '../../machines/tours.ts'
import type { Staged } from './host.ts'
import { walk } from './walk.ts'

/** Walks by chance: each number picks one of the events that the model allows next. A shorter one is a simpler one. */
function randomWalk(trigger: boolean, longest: number): Arbitrary<EventName[]> {
  return array(nat(), { minLength: 5, maxLength: longest, size: 'max' }).map(picks => {
    let snapshot = begin({ trigger })
    return picks.map(pick => {
      const events = possible(snapshot)
      const event = events[pick % events.length]
      if (event === undefined) throw new Error('the model has no way on')
      snapshot = next(snapshot, event)
      return event
    })
  })
}

export type Stroll = { readonly seed: number; readonly runs: number; readonly longest: number }

/** Takes that many walks by chance; of one that does not match it tells the shortest that was found, else null. */
export async function stroll(staged: Staged, { seed, runs, longest }: Stroll): Promise<unknown> {
  const ways = asyncProperty(randomWalk(staged.systemd, longest), events => walk(staged, events))
  const { failed, errorInstance } = await check(ways, { seed, numRuns: runs })
  return failed ? errorInstance : null
}
