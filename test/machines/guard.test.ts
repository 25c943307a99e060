import { describe, expect, it } from 'vitest'
import { drawMachine } from '../../machines/diagram.ts'
import { happenings, verbs } from '../../machines/guard-words.ts'
import { guardMachine } from '../../machines/guard.ts'
import { begin, byAll, eventNames, explore, next, placeOf, tours } from './tours.ts'
import type { EventName, Place } from './tours.ts'

const graphs = [false, true].map(trigger => explore({ trigger }))
const places = graphs.flatMap(graph => [...graph.values()])
const steps = graphs.flatMap(graph =>
  [...graph.values()].flatMap(from =>
    from.edges.map(({ event, to }) => {
      // With the answer to this very event, which is no part of the state.
      const snapshot = next(from.snapshot, event)
      return { from, event, to: { snapshot, edges: graph.get(to)?.edges ?? [] } }
    }),
  ),
)
const nameOf = ({ snapshot }: Place) => placeOf(snapshot)
const over = ['committed', 'rolledBack', 'cancelled', 'failed']
const isVerb = (event: EventName) => (verbs as readonly string[]).includes(event)

/** Where those events alone can lead to from there. */
function reachedBy(from: Place, events: readonly EventName[]): Set<string> {
  const graph = graphs.find(each => [...each.values()].includes(from)) ?? new Map<string, Place>()
  const seen = new Set([from])
  for (const place of seen) {
    for (const { event, to } of place.edges) {
      const there = graph.get(to)
      if (there && events.includes(event)) seen.add(there)
    }
  }
  return new Set([...seen].map(nameOf))
}

describe('the model of the host', () => {
  it('reaches every state, and allows every event somewhere', () => {
    const leaves =
      'staged pending.ready pending.trying pending.tried confirmed committed ' +
      'rollback.asked rollback.undoing rolledBack cancelled failed'
    expect(new Set(places.map(nameOf))).toEqual(new Set(leaves.split(' ')))
    expect(new Set(steps.map(({ event }) => event))).toEqual(new Set(eventNames))
    expect(eventNames).toHaveLength(verbs.length + happenings.length)
  })

  it('answers whatever a controller may ask, in every state', () => {
    const asked = [
      'ARM',
      'FIRE',
      'CONFIRM_WRONG',
      'CANCEL',
      'ROLLBACK',
      'RELEASE',
      'STATUS',
    ] as const
    for (const place of places) {
      const known = place.edges.map(({ event }) => event)
      expect(known).toEqual(expect.arrayContaining([...asked]))
      expect(known.includes('CONFIRM') || known.includes('CONFIRM_AGAIN')).toBe(true)
    }
  })

  it('is taken on walks that go every way that there is', () => {
    for (const [index, trigger] of [false, true].entries()) {
      const graph = graphs[index] ?? new Map<string, Place>()
      const taken = new Set<string | null>()
      for (const walk of tours({ trigger }, graph, byAll)) {
        let snapshot = begin({ trigger })
        for (const event of walk) {
          taken.add(byAll({ snapshot, edges: [] }, { event, to: '' }))
          snapshot = next(snapshot, event)
        }
      }
      expect(taken.size).toBe([...graph.values()].flatMap(({ edges }) => edges).length)
    }
  })

  it('is drawn with the states within states', () => {
    const text = drawMachine(guardMachine)
    expect(text).toContain('[*] --> staged')
    expect(text).toContain('staged --> ready: ARM')
    expect(text).toContain('tried --> confirmed: CONFIRM [isGuarded]')
    expect(text).not.toContain('STATUS')
  })
})

describe('a commit', () => {
  it('comes only from a confirmation that was asked for after the trial, while a guard was there', () => {
    const into = steps.filter(({ to }) => nameOf(to) === 'confirmed')
    const fresh = into.filter(({ from }) => nameOf(from) !== 'confirmed')
    expect(fresh.length).toBeGreaterThan(0)
    for (const { from, event } of fresh) {
      expect([nameOf(from), event]).toEqual(['pending.tried', 'CONFIRM'])
      expect(from.snapshot.context).toMatchObject({ boot: 'same', driver: 'new', fired: true })
      expect(from.snapshot.context.guard).not.toBe('dead')
    }
    for (const { from, to, event } of steps) {
      if (nameOf(to) !== 'committed' || nameOf(from) === 'committed') continue
      expect([nameOf(from), event]).toEqual(['confirmed', 'PERSIST_OK'])
    }
  })

  it('cannot be had any more once a rollback was begun', () => {
    const gone = ['rollback.asked', 'rollback.undoing', 'rolledBack', 'cancelled', 'failed']
    for (const place of places.filter(each => gone.includes(nameOf(each)))) {
      const reached = reachedBy(place, eventNames)
      expect(reached).not.toContain('confirmed')
      expect(reached).not.toContain('committed')
      expect(reached).not.toContain('pending.tried')
    }
  })

  it('is not had by a boot, by time, by another run, or by a death', () => {
    const others = eventNames.filter(event => event !== 'CONFIRM')
    for (const place of places.filter(each => nameOf(each).startsWith('pending')))
      expect(reachedBy(place, others)).not.toContain('confirmed')
  })

  it('is answered with 0 when it is so, and only then', () => {
    for (const { to, event } of steps) {
      if (event !== 'CONFIRM' && event !== 'CONFIRM_AGAIN') continue
      const isSo = ['confirmed', 'committed'].includes(nameOf(to))
      const { answer, boot } = to.snapshot.context
      expect(answer === 0).toBe(isSo && boot === 'same')
    }
  })

  it('is refused to a wrong token and to the connection of the trial, and nothing moves', () => {
    const refusals = steps.filter(({ event }) => /^CONFIRM_(WRONG|OLD)/.test(event))
    expect(refusals.length).toBeGreaterThan(0)
    for (const { from, to } of refusals) {
      expect(to.snapshot.value).toEqual(from.snapshot.value)
      expect(to.snapshot.context).toEqual({ ...from.snapshot.context, answer: 8 })
    }
  })
})

describe('a host that is over', () => {
  it('is what it says', () => {
    for (const place of places.filter(each => over.includes(nameOf(each)))) {
      const { files, driver, phase, guard, watch } = place.snapshot.context
      expect({ guard, watch, phase }).toEqual({ guard: 'dead', watch: 'dead', phase: 'ended' })
      if (nameOf(place) === 'failed') continue
      const all = nameOf(place) === 'committed' ? 'new' : 'old'
      expect({ files, driver }).toEqual({ files: all, driver: all })
    }
  })

  it('is free for the next run, unless a human is needed', () => {
    for (const place of places) {
      const { lock } = place.snapshot.context
      const isFree = over.includes(nameOf(place)) && nameOf(place) !== 'failed'
      expect(lock === 'this').toBe(!isFree)
    }
  })
})

describe('a trial', () => {
  it('writes nothing that a boot reads before it is confirmed', () => {
    for (const place of places.filter(each => nameOf(each).startsWith('pending')))
      expect(place.snapshot.context.files).toBe('old')
  })

  it('begins only with guard and second trigger alive', () => {
    for (const { from, to, event } of steps) {
      if (nameOf(to) !== 'pending.trying' || nameOf(from) === 'pending.trying') continue
      expect(event).toBe('FIRE')
      expect(from.snapshot.context).toMatchObject({ guard: 'alive', watch: 'alive' })
    }
  })

  it('is taken back without any word from outside as long as one of the two is alive', () => {
    const alone = happenings.filter(event => !/KILLED|STUCK|BOOT/.test(event))
    for (const place of places.filter(each => /^(pending|rollback)/.test(nameOf(each)))) {
      if (place.snapshot.context.guard === 'dead') continue
      const reached = reachedBy(place, alone)
      expect(reached.has('rolledBack') || reached.has('cancelled')).toBe(true)
    }
  })

  it('is taken back when both are dead, as soon as somebody asks', () => {
    for (const place of places.filter(each => /^(pending|confirmed|rollback)/.test(nameOf(each))))
      expect(reachedBy(place, ['ROLLBACK', 'TRIAL_OK', 'PERSIST_OK', 'UNDO_OK'])).toContain(
        nameOf(place) === 'pending.ready' && place.snapshot.context.guard !== 'dead'
          ? 'cancelled'
          : 'rolledBack',
      )
  })

  it('is followed by the second trigger when the guard dies or hangs', () => {
    for (const { from, to, event } of steps) {
      if (event !== 'GUARD_KILLED' && event !== 'GUARD_STUCK') continue
      const { guard, watch } = from.snapshot.context
      if (guard !== 'alive' || watch !== 'alive') continue
      expect(nameOf(to)).toBe('rollback.undoing')
      expect(to.snapshot.context.guard).toBe('watch')
    }
  })

  it('does not outlive a power cut where a unit looks after it', () => {
    for (const { from, to, event } of steps) {
      const { trigger } = from.snapshot.context
      if (event !== 'BOOT' || !trigger || !/^(pending|rollback|confirmed)/.test(nameOf(from)))
        continue
      expect(nameOf(to)).toBe('rolledBack')
    }
  })
})

it('no verb is answered with a code that the script does not have', () => {
  const codes = steps
    .filter(({ event }) => isVerb(event))
    .map(({ to }) => to.snapshot.context.answer)
  expect([...new Set(codes)].toSorted((a, b) => a - b)).toEqual([0, 1, 3, 5, 7, 8])
})
