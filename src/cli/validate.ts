import { Option, type Command } from 'commander'
import { worst } from '../model/exit.ts'
import type { Problem } from '../problems.ts'
import { readPlaybook } from '../playbook/read.ts'
import { findingFormats, renderFindings } from '../report/findings.ts'
import type { FindingFormat } from '../report/findings.ts'
import { readSmallFile } from '../small-file.ts'
import { inventoryFile, readInventory } from './find-hosts.ts'
import { print, withValues } from './options.ts'
import type { PlaybookOptions } from './options.ts'
import { problemsOf } from '../run/said.ts'
import { reportProblems } from './problems.ts'
import { readVersion } from './version.ts'

type Options = PlaybookOptions & { json?: boolean; format: 'text' | FindingFormat }

/** By its first key. What cannot be read is told as a playbook that cannot. */
function isInventory(path: string): boolean {
  const read = readSmallFile(path, { ...inventoryFile, mayBePiped: false })
  return 'bytes' in read && /^["']?nicfix-inventory["']?\s*:/m.test(read.bytes.toString('latin1'))
}

async function judgeInventory(path: string): Promise<readonly Problem[]> {
  return readInventory(path).then(() => [], problemsOf)
}

function judgePlaybook(path: string, env: PlaybookOptions['env']): readonly Problem[] {
  const result = readPlaybook(path, { commandLine: env })
  if (!('problems' in result)) return []
  // A value that only hosts know is not missing here: it comes with them.
  return result.problems.filter(({ code }) => code !== 'NF1010')
}

/** `nicfix validate FILE…`: every problem of every playbook and inventory, no host. */
export function wireValidate(program: Command): void {
  const formats = ['text', ...findingFormats]
  const command = program
    .command('validate')
    .description('check playbooks and inventories without any host')
    .argument('<file...>')
    .option('--json', 'the same as --format json')
    .addOption(
      new Option('--format <kind>', 'for whom the problems are').choices(formats).default('text'),
    )
  withValues(command).action(async (paths: string[], { env, json, format: asked }: Options) => {
    const problems: Problem[] = []
    for (const path of paths)
      problems.push(...(isInventory(path) ? await judgeInventory(path) : judgePlaybook(path, env)))
    const format = json ? 'json' : asked
    if (format !== 'text') process.stdout.write(renderFindings(format, problems, readVersion()))
    else if (problems.length === 0) for (const path of paths) print(`${path}: ok`)
    reportProblems(problems)
    process.exitCode = worst(problems.map(({ exitCode }) => exitCode))
  })
}
