import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { wireApply } from '../../src/cli/apply.ts'
import { wireDiagnose } from '../../src/cli/diagnose.ts'
import { wireExplain } from '../../src/cli/explain.ts'
import { wireExtend } from '../../src/cli/extend.ts'
import { wireFacts } from '../../src/cli/facts.ts'
import { wireGraph } from '../../src/cli/graph.ts'
import { labCommand } from '../../src/cli/lab.ts'
import { wirePlan } from '../../src/cli/plan.ts'
import { wireRollback } from '../../src/cli/rollback.ts'
import { wireConfirm, wireResume } from '../../src/cli/resume.ts'
import { wireRuns } from '../../src/cli/runs.ts'
import { wireSchema } from '../../src/cli/schema.ts'
import { wireStatus } from '../../src/cli/status.ts'
import { wireHosts } from '../../src/cli/trust.ts'
import { wireValidate } from '../../src/cli/validate.ts'

const wires = [
  wirePlan,
  wireApply,
  wireRollback,
  wireStatus,
  wireResume,
  wireConfirm,
  wireRuns,
  wireFacts,
  wireDiagnose,
  wireValidate,
  wireGraph,
  wireSchema,
  wireExplain,
  wireExtend,
  wireHosts,
]

export function readText(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
}

/** The commands that the program really has, none of which is ever run here. */
export function makeProgram(): Command {
  const program = new Command('nicfix').version('0').exitOverride()
  for (const wire of wires) wire(program)
  program.addCommand(labCommand())
  return program
}

/** The code of a Markdown text: fenced blocks, and each code span on a line of its own. */
export function readCode(markdown: string): string {
  const blocks: string[] = []
  const rest = markdown.replaceAll(/^```.*\n([^]*?)^```$/gm, (_, block: string) => {
    blocks.push(block)
    return ''
  })
  const spans = Array.from(rest.matchAll(/`([^`]+)`/g), ([, span = '']) => span.replace('\n', ' '))
  return [...blocks, ...spans].join('\n')
}

/** Every call of nicfix in code, as words after its name: at the start of a line, after "$ ", "- " or "run: ". */
export function listCalls(code: string): string[][] {
  const joined = code.replaceAll(/\\\n\s*/g, ' ')
  const call =
    /^\s*(?:\$ |- )?(?:run: )?(?:npx nicfix|nicfix|node (?:nicfix\/)?src\/main\.js) ((?:--)?[a-z].*)/gm
  return Array.from(joined.matchAll(call), ([, words = '']) => splitWords(words))
}

/** Up to a redirection, a pipe or a comment; quotes only hold words together. */
function splitWords(line: string): string[] {
  const [command = ''] = line.split(/\s+(?:[|>;#]|&&)|\s{3,}/)
  return Array.from(command.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g), ([word]) =>
    word.replaceAll(/["']/g, ''),
  )
}

/** What the program would not take of a call; null where it takes all of it. */
export function findFault(words: readonly string[]): string | null {
  const program = makeProgram()
  let command: Command = program
  let rest = [...words]
  for (let [next] = rest; next !== undefined; [next] = rest) {
    const sub: Command | undefined = command.commands.find(each => each.name() === next)
    if (!sub) break
    command = sub
    rest = rest.slice(1)
  }
  if (command === program) {
    const known = ['--version', '--help', ...program.commands.map(each => each.name())]
    return rest.length === 1 && known.includes(rest[0] ?? '') ? null : `no command ${rest[0]}`
  }
  // Only its name: that is talk of the command, not a call.
  if (rest.length === 0) return null
  command.exitOverride().configureOutput({ writeErr: () => undefined })
  try {
    const { operands, unknown } = command.parseOptions(rest)
    const { registeredArguments: wanted } = command
    const most = wanted.some(each => each.variadic) ? Infinity : wanted.length
    if (unknown.length > 0) return `unknown: ${unknown.join(' ')}`
    if (operands.length > most) return `too many arguments: ${operands.join(' ')}`
    const missing = wanted.filter((each, at) => each.required && operands[at] === undefined)
    return missing.length > 0 ? `missing: ${missing.map(each => each.name()).join(' ')}` : null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
