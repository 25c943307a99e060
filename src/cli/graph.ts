import { Argument, type Command } from 'commander'
import { changeMachine } from '../../machines/change.ts'
import { drawMachine } from '../../machines/diagram.ts'
import { guardMachine } from '../../machines/guard.ts'
import { runMachine } from '../../machines/run.ts'
import { undoMachine } from '../../machines/undo.ts'
import { print } from './options.ts'

const machines = { run: runMachine, undo: undoMachine, change: changeMachine, guard: guardMachine }

/** `nicfix graph run|undo|change|guard`: a mermaid state diagram. */
export function wireGraph(program: Command): void {
  program
    .command('graph')
    .description('draw a state machine as a mermaid diagram')
    .addArgument(new Argument('<machine>').choices(Object.keys(machines)))
    .action((name: keyof typeof machines) => print(drawMachine(machines[name]).trimEnd()))
}
