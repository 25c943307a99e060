import { assign, fromPromise, setup } from 'xstate'
import { effects } from './names.ts'
import type { Cause, EffectName, Outcome, Said, Verdict } from './names.ts'

/** JSON only: it can be printed, compared and replayed. */
export type RunContext = {
  /** Does the plan build something? Else the build state is passed by. */
  readonly builds: boolean
  /** Does somebody have to allow the confirmation? */
  readonly byHand: boolean
  /** Was a confirmation sent? Only then may the host have committed on our word. */
  readonly confirmSent: boolean
  /** How the run ends once what was staged is withdrawn. */
  readonly ending: Outcome
  /** The first thing that went wrong. */
  readonly cause: Cause | null
}

export type RunInput = { readonly builds: boolean; readonly byHand?: boolean }

// Nothing here is ever started: `transition()` hands the name out and src/run/drive.ts does it.
const never = fromPromise<Said, null>(() => Promise.reject(new Error('machines are pure')))

const outputOf = (event: object) => (event as { output?: Said }).output
const verdictOf = (event: object): Verdict => outputOf(event)?.verdict ?? 'failed'
const endings: Partial<Record<Verdict, Outcome>> = { refused: 'refused', locked: 'locked' }

const types = {} as { context: RunContext; input: RunInput }

/** The words that run.ts and undo.ts are written in. */
export const words = setup({
  types,
  actors: Object.fromEntries(effects.map(name => [name, never])) as Record<
    EffectName,
    typeof never
  >,
  guards: {
    says: ({ event }, is: { verdict: Verdict }) => verdictOf(event) === is.verdict,
    saysAndBuilds: ({ event, context }, is: { verdict: Verdict }) =>
      verdictOf(event) === is.verdict && context.builds,
    saysAndByHand: ({ event, context }, is: { verdict: Verdict }) =>
      verdictOf(event) === is.verdict && context.byHand,
    saysAndConfirmSent: ({ event, context }, is: { verdict: Verdict }) =>
      verdictOf(event) === is.verdict && context.confirmSent,
    endsAs: ({ context }, is: { verdict: Outcome }) => context.ending === is.verdict,
  },
  actions: {
    blame: assign({
      cause: ({ context, event }) => context.cause ?? outputOf(event)?.cause ?? null,
      ending: ({ event }): Outcome => endings[verdictOf(event)] ?? 'failed',
    }),
    markConfirmSent: assign({ confirmSent: true }),
  },
})

type Guard = 'says' | 'saysAndBuilds' | 'saysAndByHand' | 'saysAndConfirmSent'
type Branch = { readonly guard?: Guard; readonly to: string }

/**
 * A state that runs one effect and goes on by its verdict. Whatever is not named, and an effect that throws,
 * goes to `otherwise`: there is no way to forget one.
 */
export function effectState(
  src: EffectName,
  otherwise: string,
  by: Partial<Record<Verdict, string | readonly Branch[]>>,
) {
  const branches = Object.entries(by).flatMap(([verdict, target]) => {
    const list: readonly Branch[] = typeof target === 'string' ? [{ to: target }] : target
    return list.map(({ guard = 'says', to }) => ({
      guard: { type: guard, params: { verdict: verdict as Verdict } },
      target: to,
      actions: 'blame' as const,
    }))
  })
  const last = { target: otherwise, actions: 'blame' as const }
  return { invoke: { src, input: null, onDone: [...branches, last], onError: last } }
}

/** Marks states that ^C ends in order; in the others finishing is the safe thing to do. */
export const stoppable = { tags: 'stoppable' } as const

/** The context a machine begins with. */
export function beginContext({ input }: { input: RunInput }): RunContext {
  const { builds, byHand = false } = input
  return { builds, byHand, confirmSent: false, ending: 'failed', cause: null }
}
