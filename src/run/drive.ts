import type { AnyMachineSnapshot, AnyStateMachine } from 'xstate'
import { runVersion } from '../../machines/names.ts'
import type { Cause, EffectName, Outcome, Said } from '../../machines/names.ts'
import type { RunContext, RunInput } from '../../machines/effect.ts'
import type { Entry, Journal } from './journal.ts'
import { advance, begin, nextOf } from './replay.ts'
import type { Next, Replayed } from './replay.ts'
import { problemOf, say } from './said.ts'

/** ^C once asks for an orderly end, twice lets go of the host, which then finishes alone. */
export type Interrupts = { readonly orderly: AbortSignal; readonly detach: AbortSignal }

export type Course = {
  readonly machine: AnyStateMachine
  readonly input: RunInput
  /** First line of the journal: what this run is about. */
  readonly begin: Readonly<Record<string, unknown>>
  readonly effects: Partial<
    Record<EffectName, (signal: AbortSignal, resumed: boolean) => Promise<Said>>
  >
  /** Where an earlier controller has left it; null for a new run. */
  readonly replayed?: Replayed | null
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

/**
 * Waits for a ^C until it is forgotten: a run has many effects, a fleet many runs, and all wait for the same one. Not by the
 * `signal` option of addEventListener: each would have a controller of its own, and an error with its stack.
 */
function listen(signal: AbortSignal): { readonly heard: Promise<void>; forget(): void } {
  const { promise: heard, resolve } = Promise.withResolvers<void>()
  const onAbort = () => resolve()
  if (signal.aborted) resolve()
  else signal.addEventListener('abort', onAbort)
  return { heard, forget: () => signal.removeEventListener('abort', onAbort) }
}

async function settle(
  course: Course,
  next: Next & { readonly resumed: boolean },
  stoppable: boolean,
): Promise<Said | 'detached'> {
  const { interrupts, effects } = course
  const effect = effects[next.src]
  if (!effect) throw new Error(`there is no effect ${next.src}`)
  if (interrupts.detach.aborted) return 'detached'
  if (stoppable && interrupts.orderly.aborted) return { verdict: 'interrupted' }
  const own = new AbortController()
  const detach = listen(interrupts.detach)
  const orderly = stoppable ? listen(interrupts.orderly) : null
  const run = effect(own.signal, next.resumed).catch((error: unknown) =>
    say('failed', problemOf(error)),
  )
  const first = await Promise.race<Said | 'detached'>([
    detach.heard.then(() => 'detached' as const),
    ...(orderly ? [orderly.heard.then(() => ({ verdict: 'interrupted' }) as const)] : []),
    run,
  ])
  detach.forget()
  orderly?.forget()
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
  const { machine, input, journal, interrupts, onState, replayed = null } = course
  const note = (entry: Entry) => journal.append(entry)
  await note(
    replayed
      ? { kind: 'resumed', ...course.begin }
      : { kind: 'begin', machine: machine.id, version: runVersion, ...course.begin },
  )
  let standing = replayed ?? begin(machine, input)
  let begun = replayed?.begun ?? null
  let last: Cause | null = replayed?.last ?? null
  while (standing.snapshot.status === 'active') {
    const { snapshot } = standing
    const state = String(snapshot.value)
    const next = nextOf(standing)
    // Of what an earlier controller began it is not known how far it got.
    const resumed = begun === next.src
    begun = null
    onState(state, null)
    if (!resumed) await note({ kind: 'intent', state, effect: next.src })
    const said = await settle(course, { ...next, resumed }, snapshot.hasTag('stoppable'))
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
    standing = advance(machine, standing, said)
  }
  const outcome = String(standing.snapshot.value) as Outcome
  await note({ kind: 'outcome', outcome })
  const { aborted: interrupted } = interrupts.orderly
  return { outcome, cause: causeOf(standing.snapshot), last, interrupted, detached: false }
}

function causeOf(snapshot: AnyMachineSnapshot): Cause | null {
  return (snapshot.context as RunContext).cause
}
