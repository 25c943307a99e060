import { initialTransition, transition } from 'xstate'
import { getShortestPaths } from 'xstate/graph'
import { describe, expect, it } from 'vitest'
import { changeMachine } from '../../machines/change.ts'
import { drawMachine } from '../../machines/diagram.ts'
import { runMachine } from '../../machines/run.ts'
import { txEventNames } from '../../src/model/tx.ts'

const events = [...txEventNames, 'kept' as const].map(type => ({ type }))

describe('the change machine', () => {
  it('reaches every state', () => {
    const paths = [true, false].flatMap(needsBackup =>
      getShortestPaths(changeMachine, { input: { needsBackup }, events }),
    )
    const seen = new Set(paths.map(({ state }) => state.value))
    expect(Object.keys(changeMachine.states).filter(each => !seen.has(each as 'done'))).toEqual([])
  })

  it('begins nothing on a file before its backup is made', () => {
    const [planned] = initialTransition(changeMachine, { needsBackup: true })
    expect(planned.can({ type: 'begin' })).toBe(false)
    const [backedUp] = transition(changeMachine, planned, { type: 'backed-up' })
    expect(backedUp.can({ type: 'begin' })).toBe(true)
  })

  it('can be undone from wherever it was begun', () => {
    for (const state of ['applying', 'applied', 'verified', 'done', 'stuck'] as const) {
      const snapshot = changeMachine.resolveState({ value: state, context: { needsBackup: true } })
      expect(snapshot.can({ type: 'undo' })).toBe(true)
    }
  })
})

describe('a drawing', () => {
  it('has every state and an arrow for each way', () => {
    const text = drawMachine(runMachine)
    expect(text).toMatch(/^stateDiagram-v2\n  \[\*\] --> connecting\n/)
    for (const state of Object.keys(runMachine.states)) expect(text).toContain(state)
    expect(text).toContain('confirming --> persisting: done')
    expect(text).toContain('rolledBack --> [*]')
  })
})
