import { initialTransition, transition } from 'xstate'
import type { SnapshotFrom } from 'xstate'
import { getAdjacencyMap } from 'xstate/graph'
import { happenings, verbs } from '../../machines/guard-words.ts'
import { guardMachine } from '../../machines/guard.ts'
import type { GuardEvent, GuardInput } from '../../machines/guard-words.ts'

export type Snapshot = SnapshotFrom<typeof guardMachine>
export type EventName = GuardEvent['type']

export const eventNames: readonly EventName[] = [...verbs, ...happenings]

/** All of a state that decides what comes next: the answer was given, and is over. */
export function keyOf({ value, context }: Pick<Snapshot, 'value' | 'context'>): string {
  const { answer: _, ...rest } = context
  return JSON.stringify([value, ...Object.values(rest)])
}

/** The name of a state, without what else there is to know of the host: `pending.tried`. */
export function placeOf({ value }: Pick<Snapshot, 'value'>): string {
  if (typeof value === 'string') return value
  return Object.entries(value)
    .map(([parent, child]) => `${parent}.${child}`)
    .join()
}

export const begin = (input: GuardInput): Snapshot => initialTransition(guardMachine, input)[0]

export const next = (snapshot: Snapshot, type: EventName): Snapshot =>
  transition(guardMachine, snapshot, { type })[0]

export const possible = (snapshot: Snapshot): EventName[] =>
  eventNames.filter(type => snapshot.can({ type }))

export type Edge = { readonly event: EventName; readonly to: string }
export type Place = { readonly snapshot: Snapshot; readonly edges: readonly Edge[] }
export type Graph = ReadonlyMap<string, Place>

/** Every state that the model can be in, with every event that it allows there. */
export function explore(input: GuardInput): Graph {
  const map = getAdjacencyMap(guardMachine, {
    input,
    events: eventNames.map(type => ({ type })),
    filterEvents: (state, event) => state.can(event),
    serializeState: keyOf,
  })
  return new Map(
    Object.entries(map).map(([key, { state, transitions }]) => [
      key,
      {
        snapshot: state,
        edges: Object.values<{ event: GuardEvent; state: Snapshot }>(transitions).map(
          ({ event, state: to }) => ({
            event: event.type,
            to: keyOf(to),
          }),
        ),
      },
    ]),
  )
}

/** What a step counts as, when a tour wants each kind of step once; null when it wants none of them. */
export type Kind = (place: Place, edge: Edge) => string | null

/** Each event in each state, once for each way that it can go. */
export const byOutcome: Kind = ({ snapshot }, { event }) => {
  const to = next(snapshot, event)
  return [placeOf(snapshot), event, placeOf(to), to.context.answer].join(' ')
}
/** Each event in each state, with each combination of all else. */
export const byAll: Kind = ({ snapshot }, { event }) => `${keyOf(snapshot)} ${event}`

/**
 * Walks from the beginning that together take every kind of step. A walk ends where the beginning is nearer to the next
 * new step than it is.
 */
export function tours(input: GuardInput, graph: Graph, kindOf: Kind, longest = 40): EventName[][] {
  const start = keyOf(begin(input))
  const kinds = new Map<Edge, string | null>()
  for (const place of graph.values())
    for (const edge of place.edges) kinds.set(edge, kindOf(place, edge))
  const open = new Set([...kinds.values()].filter(kind => kind !== null))
  const isNew = (edge: Edge) => open.has(kinds.get(edge) ?? '')
  const walks: EventName[][] = []
  while (open.size > 0) {
    const walk: EventName[] = []
    const fromStart = wayTo(graph, start, isNew)
    if (!fromStart) throw new Error(`out of reach: ${[...open].join(', ')}`)
    let way: Edge[] | null = fromStart
    while (way && walk.length + way.length <= longest) {
      for (const edge of way) {
        open.delete(kinds.get(edge) ?? '')
        walk.push(edge.event)
      }
      way = wayTo(graph, way.at(-1)?.to ?? start, isNew, fromStart.length)
    }
    walks.push(walk)
  }
  return walks
}

type Way = { readonly key: string; readonly edge: Edge | null; readonly before: Way | null }

/** The shortest way, of so many steps at most, whose last step is new. Steps that stay are tried first. */
function wayTo(
  graph: Graph,
  from: string,
  isNew: (edge: Edge) => boolean,
  most = Infinity,
): Edge[] | null {
  const seen = new Set([from])
  let ways: Way[] = [{ key: from, edge: null, before: null }]
  for (let length = 1; ways.length > 0 && length <= most; length++) {
    const further: Way[] = []
    for (const way of ways) {
      const edges = graph.get(way.key)?.edges ?? []
      const found = edges.filter(isNew).toSorted((a, b) => stays(b, way) - stays(a, way))[0]
      if (found) return edgesOf({ key: found.to, edge: found, before: way })
      for (const edge of edges) {
        if (seen.has(edge.to)) continue
        seen.add(edge.to)
        further.push({ key: edge.to, edge, before: way })
      }
    }
    ways = further
  }
  return null
}

const stays = (edge: Edge, { key }: Way) => Number(edge.to === key)

function edgesOf(way: Way): Edge[] {
  const edges: Edge[] = []
  for (let at: Way | null = way; at?.edge; at = at.before) edges.unshift(at.edge)
  return edges
}
