import { Option, type Command } from 'commander'
import { worst } from '../model/exit.ts'
import { readPlaybook } from '../playbook/read.ts'
import { findingFormats, renderFindings } from '../report/findings.ts'
import type { FindingFormat } from '../report/findings.ts'
import { print, withValues } from './options.ts'
import type { PlaybookOptions } from './options.ts'
import { reportProblems } from './problems.ts'
import { readVersion } from './version.ts'

type Options = PlaybookOptions & { json?: boolean; format: 'text' | FindingFormat }

/** `nicfix validate PLAYBOOK…`: every problem of every file, no host. */
export function wireValidate(program: Command): void {
  const formats = ['text', ...findingFormats]
  const command = program
    .command('validate')
    .description('check playbooks without any host')
    .argument('<playbook...>')
    .option('--json', 'the same as --format json')
    .addOption(
      new Option('--format <kind>', 'for whom the problems are').choices(formats).default('text'),
    )
  withValues(command).action((paths: string[], { env, json, format: asked }: Options) => {
    const results = paths.map(path => ({ path, ...readPlaybook(path, { commandLine: env }) }))
    // A value that only hosts know is not missing here: it comes with them.
    const problems = results
      .flatMap(each => ('problems' in each ? each.problems : []))
      .filter(({ code }) => code !== 'NF1010')
    const format = json ? 'json' : asked
    if (format !== 'text') process.stdout.write(renderFindings(format, problems, readVersion()))
    else if (problems.length === 0) for (const path of paths) print(`${path}: ok`)
    reportProblems(problems)
    process.exitCode = worst(problems.map(({ exitCode }) => exitCode))
  })
}
