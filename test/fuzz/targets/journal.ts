import { createHash } from 'node:crypto'
import type { AnyStateMachine } from 'xstate'
import { effects, outcomes, runVersion, verdicts } from '../../../machines/names.ts'
import type { Cause, Verdict } from '../../../machines/names.ts'
import { runMachine } from '../../../machines/run.ts'
import { undoMachine } from '../../../machines/undo.ts'
import { Trouble } from '../../../src/problems.ts'
import { renderJournal } from '../../../src/report/runs.ts'
import { parseJournal } from '../../../src/run/journal.ts'
import type { Entry, Line } from '../../../src/run/journal.ts'
import { advance, begin, nextOf } from '../../../src/run/replay.ts'
import { readRun } from '../../../src/run/run.ts'
import { plan } from '../../run/setup.ts'
import { textsOf, wordsOf } from '../corpus.ts'
import { inherited } from '../dirt.ts'
import { demand, demandPlain } from '../target.ts'
import type { Answer, Target } from '../target.ts'

const digest = 'sha256:0'
const cause: Cause = { code: 'NF4100', message: 'm', details: ['d'], next: 'n', exitCode: 5 }

/** What a run writes down on whose way one effect, or none, ends with another verdict than `done`. */
function record(machine: AnyStateMachine, at = '', verdict: Verdict = 'failed'): Entry[] {
  const entries: Entry[] = [
    { kind: 'begin', machine: machine.id, version: runVersion, run: 'r', host: 'h1', plan: digest },
  ]
  let standing = begin(machine, { builds: true, byHand: false })
  while (standing.snapshot.status === 'active') {
    const { src } = nextOf(standing)
    const state = String(standing.snapshot.value)
    const said = src === at ? ({ verdict, cause } as const) : ({ verdict: 'done' } as const)
    entries.push(
      { kind: 'intent', state, effect: src },
      { kind: 'end', state, effect: src, ...said },
    )
    standing = advance(machine, standing, said)
  }
  return [...entries, { kind: 'outcome', outcome: standing.snapshot.value }]
}

/** Lines as a journal has them: numbered, each with the hash of the one before. */
function chain(entries: readonly unknown[]): string {
  let prev = 'sha256:0'
  const lines = entries.map((entry, seq) => {
    const at = '2026-11-22T01:31:00.000Z'
    const own = typeof entry === 'object' && entry !== null ? entry : { entry }
    const line = JSON.stringify({ at, ...own, seq, prev })
    prev = `sha256:${createHash('sha256').update(line).digest('hex')}`
    return `${line}\n`
  })
  return lines.join('')
}

const samples = textsOf(
  chain(record(runMachine)),
  chain(record(runMachine, 'verify')),
  chain(record(runMachine, 'try', 'lost')),
  chain(record(runMachine, 'confirm', 'interrupted')),
  chain(record(undoMachine)),
  chain(record(undoMachine, 'rollBack', 'stuck')),
)

export const journalTarget: Target = {
  samples,
  words: [...wordsOf(...samples), ...inherited, ...effects, ...verdicts, ...outcomes, 'null', '[]'],
  largest: 128 * 1024,
  run(input) {
    const text = input.toString('utf8')
    const asItIs = follow(text)
    // Nothing else gets past the hashes: somebody has changed the journal, and mended its chain.
    const mended = follow(chain(text.split('\n').flatMap(parse)))
    return asItIs === 'accepted' || mended === 'accepted' ? 'accepted' : 'refused'
  },
}

function parse(line: string): unknown[] {
  try {
    return [JSON.parse(line)]
  } catch {
    return []
  }
}

const isChanged = (error: unknown) =>
  error instanceof Error && error.message.endsWith('the journal was changed after it was written')

/** Every journal that is whole can be shown, and leads to a state, or to a refusal of its own. */
function follow(text: string): Answer {
  let lines: Line[]
  try {
    lines = parseJournal(text, 'h1.jsonl')
  } catch (error) {
    if (isChanged(error)) return 'refused'
    throw error
  }
  demandPlain(renderJournal('h1', lines))
  try {
    const replayed = readRun({ plan, digest }, lines)
    if (replayed.snapshot.status === 'active')
      demand(effects.includes(nextOf(replayed).src), 'the next effect is none')
  } catch (error) {
    if (error instanceof Trouble) return 'refused'
    throw error
  }
  return 'accepted'
}
