import type { Action, Means, Point } from './points.ts'
import { points } from './points.ts'
import { pick, pickWeighted } from './random.ts'

/** One cut: at a named point, or at a share of the time that the action or the boot takes. */
export type Cut = {
  readonly at: Point | number
  readonly by: Means
  /** Seconds after the point. */
  readonly delay: number
}

/** One round: an action that is cut, boots that are cut, and a last boot after which the host is judged. */
export type Round = {
  readonly action: Action
  /** Absent: the action is left to end, and its time is taken. */
  readonly cut: Cut | null
  readonly boots: readonly Cut[]
  /** Whether a whole run from the beginning has to succeed afterwards. */
  readonly rerun: boolean
}

type Random = () => number

const weights = { stage: 3, build: 3, try: 17, wait: 6, confirm: 28, cancel: 8, undo: 19, rest: 16 }

/** Draws a round. Cuts of boots come in rows of up to four, so that up to five powers go in a row. */
export function draw(random: Random): Round {
  const action = pickWeighted<Action>(random, weights)
  const rerun = random() < 0.04
  if (random() < 0.04 && ['wait', 'cancel', 'undo'].includes(action))
    return { action, cut: null, boots: [], rerun }
  const among = points.filter(({ during }) => during === action)
  const cut = drawCut(random, among)
  const boots: Cut[] = []
  const first = action === 'rest' ? 1 : ['stage', 'build'].includes(action) ? 0.2 : 0.75
  for (let chance = first; boots.length < 4 && random() < chance; chance = 0.55) {
    const kind = boots.length === 0 ? whatBootsDo(action, cut) : 'nothing'
    boots.push(drawBootCut(random, kind))
  }
  return { action, cut, boots, rerun }
}

/** What a boot after that cut is known to do: a named point of anything else would not come. */
function whatBootsDo(action: Action, { at, delay }: Cut): 'hook' | 'recovery' | 'nothing' {
  if (action === 'rest') return 'hook'
  const isEnd = typeof at === 'number' || !at.leavesOpen || delay > 0
  return isEnd ? 'nothing' : 'recovery'
}

function drawCut(random: Random, among: readonly Point[]): Cut {
  const by = pickWeighted<Means>(random, { sysrq: 40, kill: 30, quit: 15, reset: 15 })
  if (among.length === 0 || random() < 0.25) return { at: random() * 1.1, by, delay: 0 }
  return { at: pick(random, among), by, delay: random() < 0.5 ? 0 : random() * 1.5 }
}

/** Most of what a boot does before the hook is nothing of ours: the later part is cut more often. */
function drawBootCut(random: Random, does: 'hook' | 'recovery' | 'nothing'): Cut {
  const among = points.filter(
    ({ during, name }) =>
      during === 'boot' && name.startsWith('recovery') === (does === 'recovery'),
  )
  if (does !== 'nothing' && random() < 0.75)
    return { ...drawCut(random, among), at: pick(random, among) }
  const by = pickWeighted<Means>(random, { sysrq: 0, kill: 50, quit: 25, reset: 25 })
  return { at: random() < 0.2 ? random() : 0.4 + random() * 0.6, by, delay: 0 }
}
