import type { Command } from 'commander'
import { Trouble } from '../problems.ts'
import { readPlaybook } from '../playbook/read.ts'
import { print, printJson, withValues } from './options.ts'
import type { PlaybookOptions } from './options.ts'

/** `nicfix validate PLAYBOOK…`: every problem of every file, no host. */
export function wireValidate(program: Command): void {
  const command = program
    .command('validate')
    .description('check playbooks without any host')
    .argument('<playbook...>')
    .option('--json', 'JSON on standard output')
  withValues(command).action(
    (paths: string[], { env, json }: PlaybookOptions & { json?: boolean }) => {
      const results = paths.map(path => ({ path, ...readPlaybook(path, { commandLine: env }) }))
      // A value that only hosts know is not missing here: it comes with them.
      const problems = results
        .flatMap(each => ('problems' in each ? each.problems : []))
        .filter(({ code }) => code !== 'NF1010')
      if (json) printJson({ valid: problems.length === 0, problems })
      else if (problems.length === 0) for (const path of paths) print(`${path}: ok`)
      if (problems.length > 0) throw new Trouble(...problems)
    },
  )
}
