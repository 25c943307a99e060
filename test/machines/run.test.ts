import { initialTransition, transition } from 'xstate'
import type { AnyMachineSnapshot } from 'xstate'
import { describe, expect, it } from 'vitest'
import { effects, outcomes, verdicts } from '../../machines/names.ts'
import type { Verdict } from '../../machines/names.ts'
import { runMachine } from '../../machines/run.ts'
import { undoMachine } from '../../machines/undo.ts'
import { everyWay } from './paths.ts'

const machines = [runMachine, undoMachine] as const
const ways = [true, false].flatMap(builds =>
  [true, false].flatMap(byHand => everyWay(runMachine, { builds, byHand })),
)

describe('the run machine', () => {
  it('reaches every state', () => {
    const seen = new Set(ways.flatMap(({ states }) => states))
    expect(Object.keys(runMachine.states).filter(state => !seen.has(state))).toEqual([])
  })

  it('ends every way in a named outcome', () => {
    expect(ways.length).toBeGreaterThan(50)
    expect(ways.filter(({ end }) => !(outcomes as readonly string[]).includes(end))).toEqual([])
  })

  it('reaches changed only through confirming and proving', () => {
    const changed = ways.filter(({ end }) => end === 'changed')
    expect(changed.length).toBeGreaterThan(0)
    for (const { states } of changed) {
      expect(states).toContain('verifying')
      expect(states).toContain('confirming')
      expect(states.indexOf('proving')).toBeGreaterThan(states.indexOf('confirming'))
    }
  })

  it('never says failed, refused, locked or unreachable once the trial has begun', () => {
    const ends = ways.filter(({ states }) => states.includes('trying')).map(({ end }) => end)
    expect(new Set(ends)).toEqual(new Set(['changed', 'rolledBack', 'dirty', 'unknown']))
  })

  it('proves every rollback before it says so', () => {
    for (const { states } of ways.filter(({ end }) => end === 'rolledBack')) {
      expect(states).toContain('verifyingRollback')
    }
  })

  it('takes back what was staged before it ends without a trial', () => {
    const staged = ways.filter(({ states }) => states.includes('staging'))
    const given = staged.filter(({ states, end }) => !states.includes('trying') && end !== 'locked')
    expect(given.length).toBeGreaterThan(0)
    for (const { states } of given) expect(states).toContain('withdrawing')
  })

  it('goes to the rollback on any failure after the trial was fired', () => {
    const tried = ['trying', 'reconnecting', 'verifying', 'permitting', 'confirming']
    const guarded = [...tried, 'persisting', 'proving']
    for (const state of guarded) {
      for (const verdict of ['failed', 'undone', 'refused', 'interrupted'] as const) {
        expect(step(state, { type: `xstate.done.actor.`, output: { verdict } })).toBe('rollingBack')
      }
      expect(step(state, { type: 'xstate.error.actor.', error: 'x' })).toBe('rollingBack')
    }
  })

  it('waits for a word where one is wanted, and nowhere else', () => {
    for (const byHand of [true, false]) {
      const confirmed = everyWay(runMachine, { builds: false, byHand }).filter(({ states }) =>
        states.includes('confirming'),
      )
      expect(confirmed.length).toBeGreaterThan(0)
      for (const { states } of confirmed) expect(states.includes('permitting')).toBe(byHand)
    }
  })

  it('says changed even when the lock could not be released', () => {
    for (const verdict of verdicts) {
      expect(step('releasing', { type: 'xstate.done.actor.', output: { verdict } })).toBe('changed')
    }
  })

  it('does not keep a commit that it never asked for', () => {
    const kept = { type: 'xstate.done.actor.', output: { verdict: 'kept' as const } }
    expect(step('waitingForHost', kept)).toBe('rollingBack')
    expect(step('waitingForHost', kept, { confirmSent: true })).toBe('proving')
  })

  it('passes building by when nothing is built', () => {
    const plain = everyWay(runMachine, { builds: false })
    expect(plain.filter(({ states }) => states.includes('building'))).toEqual([])
  })
})

describe('the undo machine', () => {
  const undo = everyWay(undoMachine, { builds: false })

  it('reaches every state, and rolledBack only with its proof', () => {
    const seen = new Set(undo.flatMap(({ states }) => states))
    expect(Object.keys(undoMachine.states).filter(state => !seen.has(state))).toEqual([])
    for (const { states } of undo.filter(({ end }) => end === 'rolledBack')) {
      expect(states).toContain('verifyingRollback')
    }
  })
})

describe.each(machines)('every effect of $id', machine => {
  it('is named, has a way out for a fault, and has no timer beside it', () => {
    for (const node of Object.values(machine.states)) {
      expect(node.after).toEqual([])
      expect(node.always ?? []).toEqual([])
      if (node.type === 'final') continue
      expect(node.invoke).toHaveLength(1)
      const [invoke] = node.invoke
      expect(effects).toContain(invoke?.src)
      expect(node.transitions.has(`xstate.error.actor.${invoke?.id}`)).toBe(true)
      expect(node.transitions.has(`xstate.done.actor.${invoke?.id}`)).toBe(true)
    }
  })
})

type Fed = { type: string; output?: { verdict: Verdict }; error?: string }

/** Where one event leads from a state that a run may be in. */
function step(state: string, event: Fed, context: { confirmSent?: boolean } = {}) {
  const [begin] = initialTransition(runMachine, { builds: true })
  const merged = { ...begin.context, ...context }
  const here = runMachine.resolveState({ value: state, context: merged })
  const id = runMachine.states[state as 'trying']?.invoke[0]?.id
  const [next] = transition(runMachine, here, { ...event, type: event.type + id })
  return (next as AnyMachineSnapshot).value
}
