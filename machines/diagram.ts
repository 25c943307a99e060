import type { AnyStateMachine } from 'xstate'
import { toDirectedGraph } from 'xstate/graph'

type Parameters = { readonly verdict?: string }

function label(event: string, guard: unknown): string {
  const word = event.startsWith('xstate.error') ? 'fault' : event.replace(/^xstate\.done\..*$/, '')
  if (typeof guard === 'string') return `${word} [${guard}]`
  if (typeof guard !== 'object' || guard === null) return word || 'otherwise'
  const { type, params } = guard as { type: string; params?: Parameters }
  const condition = type === 'says' ? '' : ` [${type.replace(/^saysAnd/, '')}]`
  return `${params?.verdict ?? word}${condition}`.trim()
}

/** Draws a machine as the text of a mermaid state diagram: one arrow a verdict, in the order of the states. */
export function drawMachine(machine: AnyStateMachine): string {
  const { children: nodes } = toDirectedGraph(machine)
  const arrows = new Map<string, string[]>()
  for (const node of nodes) {
    for (const { source, target, label: name, transition } of node.edges) {
      const between = `${source.key} --> ${target.key}`
      const text = label(name.text, transition.guard)
      const known = arrows.get(between) ?? []
      if (!known.includes(text)) arrows.set(between, [...known, text])
    }
  }
  const finals = nodes.filter(({ stateNode }) => stateNode.type === 'final')
  return [
    'stateDiagram-v2',
    `  [*] --> ${machine.root.initial.target[0]?.key ?? ''}`,
    ...[...arrows].map(([between, texts]) => `  ${between}: ${texts.join(', ')}`),
    ...finals.map(({ stateNode }) => `  ${stateNode.key} --> [*]`),
    '',
  ].join('\n')
}
