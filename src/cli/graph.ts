import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import { changeMachine } from '../../machines/change.ts'
import { drawMachine } from '../../machines/diagram.ts'
import { guardMachine } from '../../machines/guard.ts'
import { runMachine } from '../../machines/run.ts'
import { undoMachine } from '../../machines/undo.ts'
import { drawPlan, drawPlaybook } from '../plan/graph.ts'
import { readOutline } from '../playbook/read.ts'
import { problem, Trouble } from '../problems.ts'
import { findRunFolder, runsFolder } from '../run/folder.ts'
import type { RunFolder } from '../run/folder.ts'
import { readJournal } from '../run/journal.ts'
import { print } from './options.ts'
import { readPlan } from './plan-file.ts'

const machines = { run: runMachine, undo: undoMachine, change: changeMachine, guard: guardMachine }
const names = Object.keys(machines)

/** `nicfix graph run|undo|change|guard`, or of a playbook, a kept plan, or a run: a mermaid diagram. */
export function wireGraph(program: Command): void {
  program
    .command('graph')
    .description('draw a state machine, a playbook, a kept plan or the way of a run, for mermaid')
    .argument('<what>', `${names.join(', ')}; a playbook, a plan file; the id of a run`)
    .option('-H, --host <name>', 'whose way, in a run of several hosts')
    .action(async (what: string, { host }: { host?: string }) =>
      print((await draw(what, host)).trimEnd()),
    )
}

async function draw(what: string, host: string | undefined): Promise<string> {
  if (isMachine(what)) return drawMachine(machines[what])
  const folder = findRunFolder(what, runsFolder())
  if (folder) return drawRun(folder, host)
  if (what.endsWith('.json')) return drawPlan(readPlan(what))
  if (existsSync(what)) {
    const { name, steps } = readOutline(what)
    return drawPlaybook(name, steps)
  }
  const next = `name a machine (${names.join(', ')}), a file, or a run of this controller`
  throw new Trouble(problem('NF9003', `there is nothing called ${what} to draw`, next))
}

const isMachine = (what: string): what is keyof typeof machines => Object.hasOwn(machines, what)

/** The machine of a run, with the states that it was in. */
async function drawRun(folder: RunFolder, host: string | undefined): Promise<string> {
  const journals = await folder.journals()
  const wanted = host === undefined ? [...journals.values()][0] : journals.get(host)
  if (wanted === undefined) {
    const next = `name one of its hosts: ${[...journals.keys()].join(', ') || 'it has none'}`
    throw new Trouble(problem('NF9003', 'the run has no such host', next))
  }
  const lines = await readJournal(wanted)
  const been = lines.flatMap(({ state, outcome }) => [state, outcome].filter(isText))
  return drawMachine(runMachine, [...new Set(been)])
}

const isText = (value: unknown): value is string => typeof value === 'string'
