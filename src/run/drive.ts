import { initialTransition, transition } from 'xstate'
import type { AnyMachineSnapshot, AnyStateMachine } from 'xstate'
import { runVersion } from '../../machines/names.ts'
import type { Cause, EffectName, Outcome, Said } from '../../machines/names.ts'
import type { RunContext, RunInput } from '../../machines/effect.ts'
import type { Entry, Journal } from './journal.ts'
import { problemOf, say } from './said.ts'

/** ^C once asks for an orderly end, twice lets go of the host, which then finishes alone. */
export type Interrupts = { readonly orderly: AbortSignal; readonly detach: AbortSignal }

export type Course = {
  readonly machine: AnyStateMachine
  readonly input: RunInput
  /** First line of the journal: what this run is about. */
  readonly begin: Readonly<Record<string, unknown>>
  readonly effects: Partial<Record<EffectName, (signal: AbortSignal) => Promise<Said>>>
  readonly journal: Pick<Journal, 'append'>
  readonly interrupts: Interrupts
  /** Lets go of the connection after an effect was stopped in the middle. */
  readonly drop: () => Promise<void>
  readonly onState: (state: string, said: Said | null) => void
}

export type Ended = {
  readonly outcome: Outcome
  readonly cause: Cause | null
  /** The reason of the last step that did not go well; differs from `cause` when the way back failed too. */
  readonly last: Cause | null
  readonly interrupted: boolean
  readonly detached: boolean
}

type Next = { readonly id: string; readonly src: EffectName; readonly input: unknown }
type Actions = readonly { readonly type: string; readonly params?: unknown }[]

/** The one effect that a state asks for, as data. */
function invoked(actions: Actions): Next {
  const spawn = actions.findLast(({ type }) => type === 'xstate.spawnChild')
  if (!spawn) throw new Error('a state that is not final asks for nothing')
  return spawn.params as Next
}

function whenAborted(signal: AbortSignal): Promise<'aborted'> {
  return new Promise(resolve => {
    if (signal.aborted) resolve('aborted')
    else signal.addEventListener('abort', () => resolve('aborted'), { once: true })
  })
}

const never = new Promise<never>(() => {
  /* for a race that this side must not win */
})

async function settle(course: Course, next: Next, stoppable: boolean): Promise<Said | 'detached'> {
  const { interrupts, effects } = course
  const effect = effects[next.src]
  if (!effect) throw new Error(`there is no effect ${next.src}`)
  if (interrupts.detach.aborted) return 'detached'
  if (stoppable && interrupts.orderly.aborted) return { verdict: 'interrupted' }
  const own = new AbortController()
  const orderly = stoppable ? whenAborted(interrupts.orderly) : never
  const detach = whenAborted(interrupts.detach)
  const run = effect(own.signal).catch((error: unknown) => say('failed', problemOf(error)))
  const first = await Promise.race([
    detach.then(() => 'detached' as const),
    orderly.then((): Said => ({ verdict: 'interrupted' })),
    run,
  ])
  if (first === 'detached' || first.verdict === 'interrupted') {
    own.abort()
    await course.drop()
  }
  return first
}

/**
 * The one loop of a run: write down what will be done, do it, write down how it ended, let the machine decide.
 * Each line is on the disk before the next byte leaves for the host. Nothing here waits for the journal of
 * another run: a controller that dies leaves a host that saves itself.
 */
export async function drive(course: Course): Promise<Ended> {
  const { machine, input, journal, interrupts, onState } = course
  const note = (entry: Entry) => journal.append(entry)
  await note({ kind: 'begin', machine: machine.id, version: runVersion, ...course.begin })
  let [snapshot, actions] = initialTransition(machine, input) as [AnyMachineSnapshot, Actions]
  let last: Cause | null = null
  while (snapshot.status === 'active') {
    const state = String(snapshot.value)
    const next = invoked(actions)
    onState(state, null)
    await note({ kind: 'intent', state, effect: next.src })
    const said = await settle(course, next, snapshot.hasTag('stoppable'))
    if (said === 'detached') {
      await note({ kind: 'detached', state })
      return {
        outcome: 'unknown',
        cause: causeOf(snapshot),
        last,
        interrupted: true,
        detached: true,
      }
    }
    await note({ kind: 'end', state, effect: next.src, ...said })
    onState(state, said)
    last = said.cause ?? last
    const event = { type: `xstate.done.actor.${next.id}`, output: said }
    ;[snapshot, actions] = transition(machine, snapshot, event) as [AnyMachineSnapshot, Actions]
  }
  const outcome = String(snapshot.value) as Outcome
  await note({ kind: 'outcome', outcome })
  const { aborted: interrupted } = interrupts.orderly
  return { outcome, cause: causeOf(snapshot), last, interrupted, detached: false }
}

function causeOf(snapshot: AnyMachineSnapshot): Cause | null {
  return (snapshot.context as RunContext).cause
}
