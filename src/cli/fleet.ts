import { setTimeout } from 'node:timers/promises'
import type { Plan } from '../model/plan.ts'
import { wavesOf } from '../plan/waves.ts'
import type { Problem } from '../problems.ts'
import { realClock } from '../run/clock.ts'
import type { HostResult } from '../run/run.ts'
import { problemsOf } from '../run/said.ts'
import { makeTurns } from '../run/turns.ts'
import { emitProblems } from './events.ts'
import type { AtOnce } from './options.ts'
import { rideOne } from './ride.ts'
import type { Passenger, Way } from './ride.ts'
import { showProgress } from './screen.ts'
import { inTurns } from './settle.ts'

export type Fleet = AtOnce & {
  /** What the playbook says of waves and of failures. */
  readonly policy: Plan['fleet']
  /** Begins with the rest although hosts did not end well. */
  readonly keepGoing?: boolean
  /** Hosts that did not end well in an earlier part of this run. */
  readonly failures?: number
}

export type Ridden = {
  readonly results: readonly HostResult[]
  /** Of hosts that could not be gone on with; they can be resumed. */
  readonly problems: readonly Problem[]
  /** Never begun. */
  readonly skipped: readonly string[]
}

const whyStopped = 'stopped by ^C'
const whySpent = (budget: number) =>
  budget === 1
    ? 'the run stops at the first host that does not end well'
    : `the run stops after ${budget} hosts that did not end well`

/**
 * Drives the hosts in the waves of their playbook, some at a time, in their order. After a ^C, or after as many as the
 * playbook bears that did not end well (one, if it does not say), no other is begun; those under way are driven to
 * their end.
 */
export async function rideAll(
  passengers: readonly Passenger[],
  way: Way,
  { concurrency, policy, keepGoing = false, failures = 0 }: Fleet,
): Promise<Ridden> {
  const { orderly } = way.interrupts
  const names = passengers.map(({ host }) => host)
  const progress = showProgress(names, concurrency, () => realClock.nowMs())
  const turns = makeTurns()
  const results = new Map<string, HostResult>()
  const problems: Problem[] = []
  const skipped: string[] = []
  const budget = policy?.maxFailures ?? 1
  let failed = failures

  const isOver = () => orderly.aborted || (failed >= budget && !keepGoing)

  function skip(host: string): void {
    const why = orderly.aborted ? whyStopped : whySpent(budget)
    skipped.push(host)
    progress.ended(host, 'skipped', why)
    way.events.emit({ type: 'host.skipped', data: { why } }, host)
  }

  async function drive(passenger: Passenger): Promise<void> {
    const { host, isBegun = false } = passenger
    // What was begun is brought to its end, whatever has become of the others.
    if (orderly.aborted || (isOver() && !isBegun)) return skip(host)
    try {
      const result = await rideOne(passenger, { ...way, turns }, progress.of(host))
      results.set(host, result)
      if (result.exitCode !== 0) failed += 1
      return progress.ended(host, result.detached ? 'stopped' : result.outcome)
    } catch (error) {
      failed += 1
      const own = problemsOf(error).map(each => ({ ...each, host }))
      problems.push(...own)
      emitProblems(way.events, own)
      return progress.ended(host, 'stopped')
    }
  }

  async function soak(wave: readonly Passenger[]): Promise<void> {
    const { soakSeconds = 0 } = policy ?? {}
    if (soakSeconds === 0 || isOver()) return
    const text = `the next ${wave.length} of ${names.length} hosts in ${soakSeconds} s`
    progress.say(`  ${text}`)
    way.events.emit({ type: 'note', data: { text } })
    await setTimeout(soakSeconds * 1000, null, { signal: orderly }).catch(() => null)
  }

  // Hosts that are not changed anew prove nothing to those that are.
  const { before = [], fresh = [] } = Object.groupBy(passengers, each =>
    each.isBegun || each.isIdle ? 'before' : 'fresh',
  )
  await inTurns(before, concurrency, drive)
  for (const [at, wave] of wavesOf(policy, fresh).entries()) {
    if (at > 0) await soak(wave)
    await inTurns(wave, concurrency, drive)
  }
  progress.close()
  return { results: names.flatMap(name => results.get(name) ?? []), problems, skipped }
}
