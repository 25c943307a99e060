import type { AnyStateMachine, AnyStateNode } from 'xstate'
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

/**
 * Draws a machine as the text of a mermaid state diagram: one arrow a verdict, in the order of the states. States that a
 * run has `been` in are marked.
 */
export function drawMachine(machine: AnyStateMachine, been: readonly string[] = []): string {
  const nodes = toDirectedGraph(machine).children.flatMap(node => listLeaves(node))
  const arrows = new Map<string, string[]>()
  for (const { node, edges } of nodes) {
    for (const { target, label: name, transition } of edges) {
      const between = `${node.stateNode.key} --> ${firstIn(target).key}`
      const text = label(name.text, transition.guard)
      const known = arrows.get(between) ?? []
      if (!known.includes(text)) arrows.set(between, [...known, text])
    }
  }
  const finals = nodes.filter(({ node }) => node.stateNode.type === 'final')
  return [
    'stateDiagram-v2',
    `  [*] --> ${machine.root.initial.target[0]?.key ?? ''}`,
    ...[...arrows].map(([between, texts]) => `  ${between}: ${texts.join(', ')}`),
    ...finals.map(({ node }) => `  ${node.stateNode.key} --> [*]`),
    ...(been.length > 0
      ? ['  classDef been fill:#bbf7d0,stroke:#15803d,color:#000', `  class ${been.join(',')} been`]
      : []),
    '',
  ].join('\n')
}

type Node = ReturnType<typeof toDirectedGraph>
type Edge = Node['edges'][number]

/**
 * The states that hold no others, with what leads away from them or from around them: mermaid has no arrow between
 * states of two different frames. What stays where it is has no arrow.
 */
function listLeaves(node: Node, around: readonly Edge[] = []): { node: Node; edges: Edge[] }[] {
  const own = node.edges.filter(({ transition }) => transition.target !== undefined)
  const handled = node.edges.map(({ label: { text } }) => text)
  const edges = [...own, ...around.filter(({ label: { text } }) => !handled.includes(text))]
  return node.children.length > 0
    ? node.children.flatMap(child => listLeaves(child, edges))
    : [{ node, edges }]
}

function firstIn(state: AnyStateNode): AnyStateNode {
  const [inner] = state.type === 'compound' ? state.initial.target : []
  return inner ? firstIn(inner) : state
}
