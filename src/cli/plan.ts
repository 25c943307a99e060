import { Option, type Command } from 'commander'
import { exitCodes, worst } from '../model/exit.ts'
import { renderMarkdown } from '../plan/render-markdown.ts'
import { renderMoves } from '../plan/render-moves.ts'
import { renderPlan } from '../plan/render-text.ts'
import { planOffline } from './offline.ts'
import { print, printJson, tell, withHosts, withValues } from './options.ts'
import type { HostOptions, PlaybookOptions } from './options.ts'
import { readPlan, writePlan } from './plan-file.ts'
import { letGo, prepare } from './prepare.ts'
import { reportProblems } from './problems.ts'
import { withRisks } from './risks.ts'

type Options = HostOptions &
  PlaybookOptions & {
    output?: string
    detailedExitcode?: boolean
    fromFacts: readonly string[]
    diffAgainst?: string
    format: 'text' | 'md' | 'json'
  }

/** `nicfix plan PLAYBOOK --host h1`: looks, plans, prints, changes nothing. */
export function wirePlan(program: Command): void {
  const command = program
    .command('plan')
    .description('look at hosts and show what a playbook would change; nothing is changed')
    .argument('<playbook>')
    .option('-o, --output <file>', 'keep the plan, for its review and for apply --plan')
    .option('--detailed-exitcode', 'exit with 2 when there is something to change')
    .option(
      '--from-facts <file>',
      'hosts as `nicfix facts` has kept them, without any connection; may be repeated',
      collect,
      [],
    )
  command.option(
    '--diff-against <file>',
    'what has moved since that kept plan, instead of the plan',
  )
  const formats = new Option('--format <kind>', 'md is for a comment on a pull request')
  command.addOption(formats.choices(['text', 'md', 'json']).default('text'))
  withRisks(withValues(withHosts(command))).action(async (path: string, options: Options) => {
    const before = options.diffAgainst === undefined ? null : readPlan(options.diffAgainst)
    const { plan, problems, facts } = await look(path, options)
    if (options.output !== undefined) {
      await writePlan(options.output, plan)
      tell(`plan kept in ${options.output}`)
    }
    const format = options.json ? 'json' : options.format
    if (before) print(renderMoves({ before, now: plan, facts }).trimEnd())
    else if (format === 'json') printJson(plan)
    else print((format === 'md' ? renderMarkdown(plan) : renderPlan(plan)).trimEnd())
    reportProblems(problems)
    const isPending = plan.hosts.some(({ changes }) => changes.length > 0)
    const pending = options.detailedExitcode && isPending ? [exitCodes.changesPending] : []
    process.exitCode = worst([...problems.map(({ exitCode }) => exitCode), ...pending])
  })
}

const collect = (value: string, before: readonly string[]): string[] => [...before, value]

async function look(path: string, options: Options) {
  if (options.fromFacts.length > 0) return planOffline(path, options.fromFacts, options)
  const { hosts, ...found } = await prepare(path, options)
  await letGo(hosts)
  return { ...found, facts: Object.fromEntries(hosts.map(each => [each.host.name, each.facts])) }
}
