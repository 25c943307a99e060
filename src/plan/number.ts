import type { Draft } from '../actions/context.ts'
import type { Change } from '../model/plan.ts'

const order = ['build', 'trial', 'persist'] as const

/** Puts the changes in the order of doing, numbers them, and turns `from` from a step into the change that it became. */
export function numberChanges(drafts: readonly Draft[]): Change[] {
  const sorted = order.flatMap(phase => drafts.filter(draft => draft.phase === phase))
  const builds = new Map<string, string>()
  for (const [index, draft] of sorted.entries()) {
    if (draft.kind === 'build-module') builds.set(draft.step, numberOf(index))
  }
  const resolve = (step: string): string => {
    const build = builds.get(step)
    if (build === undefined) throw new Error(`no change builds for step ${step}`)
    return build
  }
  return sorted.map((draft, index): Change => {
    if (draft.kind === 'swap-driver' && 'from' in draft.source)
      return { ...draft, id: numberOf(index), source: { from: resolve(draft.source.from) } }
    if (draft.kind === 'write-file' && 'from' in draft.content)
      return {
        ...draft,
        id: numberOf(index),
        content: { ...draft.content, from: resolve(draft.content.from) },
      }
    return { ...draft, id: numberOf(index) }
  })
}

function numberOf(index: number): string {
  return String(index + 1).padStart(2, '0')
}
