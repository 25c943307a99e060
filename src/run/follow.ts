import { initialTransition, transition } from 'xstate'
import { changeMachine } from '../../machines/change.ts'
import type { ChangeEvent, ChangeState } from '../../machines/change.ts'
import type { Change } from '../model/plan.ts'
import type { TxEvent } from '../model/tx.ts'

/** Where a change has got to, by the host's own log. */
export type Followed = {
  readonly id: string
  readonly title: string
  readonly state: ChangeState
  /** What the host said when it failed, or could not be undone. */
  readonly fault: string | null
}

export type Course = {
  readonly changes: readonly Followed[]
  /** Why the log cannot be trusted; null when it can. */
  readonly disorder: string | null
}

const inOrder = 'the host’s log is not in order'

/**
 * Follows each change through the host's log with its machine. An event that its machine does not allow is not
 * skipped in silence: it says that the log, or the script that wrote it, is wrong.
 */
export function followChanges(
  events: readonly TxEvent[],
  changes: readonly Pick<Change, 'id' | 'title' | 'phase'>[],
  committed: boolean,
): Course {
  const log = events.toSorted((a, b) => a.seq - b.seq)
  let disorder = findGap(log)
  const followed = changes.map(({ id, title, phase }) => {
    const own = log.filter(({ change }) => change === id)
    let [snapshot] = initialTransition(changeMachine, { needsBackup: phase === 'persist' })
    const take = (event: ChangeEvent, at: string) => {
      if (snapshot.can(event)) [snapshot] = transition(changeMachine, snapshot, event)
      else disorder ??= `${inOrder}: ${at} while ${title} was ${snapshot.value}`
    }
    for (const { seq, event } of own) take({ type: event }, `event ${seq} says ${event}`)
    if (committed) take({ type: 'kept' }, 'it says committed')
    const fault = own.findLast(({ event }) => event === 'failed' || event === 'stuck')
    return { id, title, state: snapshot.value, fault: fault?.text ?? null }
  })
  return { changes: followed, disorder }
}

function findGap(log: readonly TxEvent[]): string | null {
  const lastBoot = log.findLastIndex(isBoot)
  for (const [at, { seq, uptime }] of log.entries()) {
    const before = log[at - 1]
    if (seq !== (before?.seq ?? 0) + 1)
      return `${inOrder}: event ${seq} comes after ${before?.seq ?? 'none'}`
    // A reboot begins its uptime anew and says so; within one boot it never runs backwards.
    if (before && uptime < before.uptime && at > lastBoot) {
      return `${inOrder}: event ${seq} is older than the one before`
    }
  }
  return null
}

const isBoot = ({ text }: TxEvent) => text.includes('booted')

/** Seconds that the links were down for the trial, as the host measured them; null when it did not. */
export function measureOutage(events: readonly TxEvent[]): number | null {
  const log = events.toSorted((a, b) => a.seq - b.seq)
  const back = log.findIndex(({ event }) => event === 'undo')
  const trial = back < 0 ? log : log.slice(0, back)
  const seconds = trial.flatMap(({ event, text }) => {
    const [, number] = /gone for (?:at most|about) (\d+(?:\.\d+)?) s/.exec(text) ?? []
    return event === 'note' && number !== undefined ? [Number(number)] : []
  })
  return seconds.length > 0 ? seconds.reduce((sum, each) => sum + each, 0) : null
}
