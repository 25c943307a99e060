import { InvalidArgumentError } from 'commander'
import type { Command } from 'commander'
import { identifyPlan } from '../plan/make-plan.ts'
import { toJson } from '../report/json.ts'
import { renderJournal, renderRun, renderRuns } from '../report/runs.ts'
import type { RunLine } from '../report/runs.ts'
import { listRuns, removeRun, runsFolder } from '../run/folder.ts'
import { readJournal } from '../run/journal.ts'
import { problemOf } from '../run/said.ts'
import { readStanding } from '../run/standing.ts'
import { findRun, openRun, unknownRun } from './known-run.ts'
import { print, printJson } from './options.ts'

/** A run with where each of its hosts stands. A run whose files cannot be read is listed too, with the reason. */
async function lookAt(run: string): Promise<RunLine> {
  const folder = findRun(run)
  try {
    const plan = await folder.readPlan()
    const hosts = []
    for (const part of plan.hosts) {
      const standing = await readStanding(folder, part, identifyPlan(plan))
      hosts.push({ host: part.host, standing })
    }
    return { run, playbook: plan.playbook.name, hosts, fault: null }
  } catch (error) {
    return { run, playbook: '?', hosts: [], fault: problemOf(error).message }
  }
}

async function list({ json }: { json?: boolean }): Promise<void> {
  const lines: RunLine[] = []
  for (const run of await listRuns(runsFolder())) lines.push(await lookAt(run))
  if (json) printJson(lines)
  else print(renderRuns(lines))
}

async function show(run: string, { json }: { json?: boolean }): Promise<void> {
  const line = await lookAt(run)
  if (json) printJson(line)
  else print(renderRun(line))
}

async function logs(run: string, options: { host?: string; json?: boolean }): Promise<void> {
  const { folder } = await openRun(run)
  const all = await folder.allJournals()
  const chosen = all.filter(({ host }) => options.host === undefined || host === options.host)
  if (chosen.length === 0) throw unknownRun(run, `for ${options.host ?? 'any host'}`)
  for (const { host, file } of chosen) {
    const lines = await readJournal(file)
    if (options.json) for (const line of lines) print(toJson({ host, ...line }))
    else print(renderJournal(host, lines))
  }
}

type PruneOptions = { keep: number; dryRun?: boolean }

/** Runs that have ended on all hosts, but for the newest. */
async function prune({ keep, dryRun = false }: PruneOptions): Promise<void> {
  const runs = await listRuns(runsFolder())
  const old = runs.slice(0, Math.max(0, runs.length - keep))
  for (const run of old) {
    const { hosts, fault } = await lookAt(run)
    const isOpen = fault !== null || hosts.some(({ standing }) => standing.kind === 'open')
    if (isOpen) {
      print(`${run}  kept: ${fault ?? 'it has not ended on every host'}`)
      continue
    }
    if (!dryRun) await removeRun(run, runsFolder())
    print(`${run}  ${dryRun ? 'would be removed' : 'removed'}`)
  }
}

function readCount(value: string): number {
  if (!/^\d{1,6}$/.test(value)) throw new InvalidArgumentError('a number of runs')
  return Number(value)
}

/** `nicfix runs ls|show|logs|prune`. */
export function wireRuns(program: Command): void {
  const runs = program.command('runs').description('the runs that this controller knows')
  runs
    .command('ls', { isDefault: true })
    .description('all of them, oldest first, with how they ended')
    .option('--json', 'JSON on standard output')
    .action(list)
  runs
    .command('show')
    .description('where each host of a run stands')
    .argument('<run>')
    .option('--json', 'JSON on standard output')
    .action(show)
  runs
    .command('logs')
    .description('what was begun when, and how it ended')
    .argument('<run>')
    .option('-H, --host <name>', 'of this host alone')
    .option('--json', 'the journal, a line each')
    .action(logs)
  runs
    .command('prune')
    .description(
      'forget old runs that have ended; they can no longer be taken back with nicfix rollback',
    )
    .requiredOption('--keep <number>', 'how many of the newest stay', readCount)
    .option('--dry-run', 'only say which')
    .action(prune)
}
