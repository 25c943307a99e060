import { Command, CommanderError } from 'commander'
import { exitCodes } from '../model/exit.ts'
import { problem, Trouble } from '../problems.ts'
import type { Problem } from '../problems.ts'
import { toItsEnd } from './end.ts'
import { readVersion } from './version.ts'

/** A command's file is read only when the command is asked for: starting has to be quick. */
type Wire = (program: Command) => void | Promise<void>

const commands: Readonly<Record<string, { about: string; wire: () => Promise<Wire> }>> = {
  plan: {
    about: 'look at hosts and show what a playbook would change',
    wire: async () => (await import('./plan.ts')).wirePlan,
  },
  apply: {
    about: 'plan, ask, and change hosts under a guard that can take it back',
    wire: async () => (await import('./apply.ts')).wireApply,
  },
  rollback: {
    about: 'take a run back',
    wire: async () => (await import('./rollback.ts')).wireRollback,
  },
  resume: {
    about: 'go on with a run whose controller died',
    wire: async () => (await import('./resume.ts')).wireResume,
  },
  confirm: {
    about: 'keep the trial of a run that was begun with --confirm-by-hand',
    wire: async () => (await import('./resume.ts')).wireConfirm,
  },
  runs: {
    about: 'the runs that this controller knows: list, show, logs, prune',
    wire: async () => (await import('./runs.ts')).wireRuns,
  },
  extend: {
    about: 'give a run that waits for its confirmation more time',
    wire: async () => (await import('./extend.ts')).wireExtend,
  },
  status: {
    about: 'what hosts say of their runs',
    wire: async () => (await import('./status.ts')).wireStatus,
  },
  hosts: {
    about: 'host keys: show the ones that nobody knows yet, and trust them',
    wire: async () => (await import('./trust.ts')).wireHosts,
  },
  diagnose: {
    about: 'find out what is wrong with a port, and name the playbook for it',
    wire: async () => (await import('./diagnose.ts')).wireDiagnose,
  },
  facts: {
    about: 'what the read-only probe finds on a host',
    wire: async () => (await import('./facts.ts')).wireFacts,
  },
  validate: {
    about: 'check playbooks and inventories without any host',
    wire: async () => (await import('./validate.ts')).wireValidate,
  },
  schema: {
    about: 'the JSON Schema of the files that nicfix reads and writes',
    wire: async () => (await import('./schema.ts')).wireSchema,
  },
  graph: {
    about: 'draw the state machine of a run or of a change',
    wire: async () => (await import('./graph.ts')).wireGraph,
  },
  lab: {
    about: 'throw-away hosts in QEMU, to try playbooks on',
    wire: async () => {
      const { labCommand } = await import('./lab.ts')
      return program => void program.addCommand(labCommand())
    },
  },
  explain: {
    about: 'what an error code is about',
    wire: async () => (await import('./explain.ts')).wireExplain,
  },
}

const helpEnd = `
Exit codes: 0 done · 1 failed, nothing changed · 2 changes pending (--detailed-exitcode) · 3 rolled back ·
4 unreachable · 5 a human is needed · 6 unknown · 7 locked · 8 refused · 64 usage · 65 invalid file · 130 stopped`

/** All commands by name and description; the one that was asked for with its options. */
async function makeProgram(asked: string | undefined): Promise<Command> {
  const program = new Command('nicfix')
    .description(
      'changes a server’s network driver or settings over SSH and never loses the server',
    )
    .version(readVersion())
    .addHelpText('after', helpEnd)
    .exitOverride()
  for (const [name, { about, wire }] of Object.entries(commands)) {
    if (name === asked) await (await wire())(program)
    else program.command(name).description(about).allowUnknownOption()
  }
  overrideExit(program)
  return program
}

function overrideExit(command: Command): void {
  command.exitOverride()
  for (const each of command.commands) overrideExit(each)
}

function askedFor(argv: readonly string[]): string | undefined {
  const words = argv[0] === 'help' ? argv.slice(1) : argv
  return words.find(word => !word.startsWith('-'))
}

async function fail(problems: readonly Problem[]): Promise<void> {
  const { renderProblems } = await import('../report/problems.ts')
  const { worst } = await import('../model/exit.ts')
  const colour = process.stderr.isTTY && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb'
  process.stderr.write(`${renderProblems(problems, { colour })}\n`)
  process.exitCode = worst(problems.map(({ exitCode }) => exitCode))
}

/**
 * A reader that goes away (`nicfix … | head`) must not take a run down with it: what is being done goes on unheard.
 */
function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
    })
  }
}

/** Runs one command line. Ends by setting the exit code, so that what is still being printed gets out. */
export async function main(argv: readonly string[]): Promise<void> {
  outliveReaders()
  try {
    const program = await makeProgram(askedFor(argv))
    await toItsEnd(program.parseAsync([...argv], { from: 'user' }))
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : exitCodes.usage
    } else if (error instanceof Trouble) {
      await fail(error.problems)
    } else {
      await fail([faultOf(error)])
    }
  }
}

function faultOf(error: unknown): Problem {
  const fault = error instanceof Error ? error : new Error(String(error))
  const details = (fault.stack ?? '').split('\n').slice(1, 5)
  return problem('NF9002', fault.message, 'report it, with the lines above', { details })
}
