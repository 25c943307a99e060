import type { AnyMachineSnapshot, AnyStateMachine } from 'xstate'
import { getSimplePaths } from 'xstate/graph'
import type { RunInput } from '../../machines/effect.ts'
import { verdicts } from '../../machines/names.ts'

/** A way through a machine: the states it visits, the verdicts in between, and where it ends. */
export type Way = {
  readonly states: readonly string[]
  readonly verdicts: readonly string[]
  readonly end: string
}

const key = (snapshot: AnyMachineSnapshot) =>
  JSON.stringify([snapshot.value, (snapshot.context as { confirmSent: boolean }).confirmSent])

const events = (snapshot: AnyMachineSnapshot) => {
  const ids = Object.keys(snapshot.children)
  return ids.flatMap(id => [
    ...verdicts.map(verdict => ({ type: `xstate.done.actor.${id}`, output: { verdict } })),
    { type: `xstate.error.actor.${id}`, error: { message: 'a fault' } },
  ])
}

/** Every way through a machine from its begin to a final state, fed with every verdict and with a fault. */
export function everyWay(machine: AnyStateMachine, input: RunInput): Way[] {
  const options = {
    input,
    events,
    serializeState: key,
    toState: (snapshot: AnyMachineSnapshot) => snapshot.status === 'done',
  }
  const paths = getSimplePaths(machine, options as never)
  return paths.map(({ state, steps }) => {
    const snapshot = state as AnyMachineSnapshot
    const states = steps.map(step => String((step.state as AnyMachineSnapshot).value))
    return {
      states: [...states, String(snapshot.value)].filter((each, at, all) => each !== all[at - 1]),
      verdicts: steps.map(({ event }) => nameOf(event)),
      end: String(snapshot.value),
    }
  })
}

function nameOf(event: object): string {
  return (event as { output?: { verdict: string } }).output?.verdict ?? 'fault'
}
