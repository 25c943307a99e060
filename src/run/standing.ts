import type { EffectName } from '../../machines/names.ts'
import type { Outcome } from '../../machines/names.ts'
import type { HostPlan } from '../model/plan.ts'
import type { RunFolder } from './folder.ts'
import { readJournal } from './journal.ts'
import { exitCodeOf } from './outcome.ts'
import { nextOf } from './replay.ts'
import { policies } from './resume.ts'
import { readRun } from './run.ts'

/** Where a run on one host stands, as its journal says. */
export type HostStanding =
  | { readonly kind: 'new' }
  | { readonly kind: 'ended'; readonly outcome: Outcome; readonly exitCode: number }
  | {
      readonly kind: 'open'
      readonly machine: string
      readonly state: string
      /** What comes next; `begun`: it was begun, and how it ended is not known. */
      readonly effect: EffectName
      readonly begun: boolean
      readonly policy: 'again' | 'ask'
      readonly byHand: boolean
      /** Has the host not got everything yet that it needs? */
      readonly sends: boolean
    }

const beforeStaged: readonly EffectName[] = ['connect', 'probe', 'check', 'stage']

/** @throws {Trouble} NF5005 for a journal that cannot be followed */
export async function readStanding(
  folder: RunFolder,
  plan: HostPlan,
  digest: string,
): Promise<HostStanding> {
  const path = (await folder.lastJournals()).get(plan.host)
  if (path === undefined) return { kind: 'new' }
  const lines = await readJournal(path)
  // Cut off before its first line: nothing has reached the host.
  if (lines.length === 0) return { kind: 'new' }
  // How it ended can be read whatever version of the machine it went by.
  const end = lines.find(({ kind }) => kind === 'outcome')
  if (end) {
    const outcome = String(end['outcome']) as Outcome
    return { kind: 'ended', outcome, exitCode: exitCodeOf({ outcome, interrupted: false }) }
  }
  const replayed = readRun({ plan, digest }, lines)
  const { snapshot, begun } = replayed
  const isOver = snapshot.status !== 'active'
  const effect = isOver ? 'release' : nextOf(replayed).src
  return {
    kind: 'open',
    machine: String(lines[0]?.['machine']),
    state: String(snapshot.value),
    effect,
    begun: begun !== null,
    policy: policies[effect] === 'again' ? 'again' : 'ask',
    byHand: lines[0]?.['byHand'] === true,
    sends: beforeStaged.includes(effect),
  }
}
