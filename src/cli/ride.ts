import { hostname, userInfo } from 'node:os'
import { worst } from '../model/exit.ts'
import type { Report } from '../model/report.ts'
import type { Problem, ProblemCode } from '../problems.ts'
import { makeProgress } from '../report/progress.ts'
import { renderReport } from '../report/run.ts'
import type { Interrupts } from '../run/drive.ts'
import type { RunFolder } from '../run/folder.ts'
import type { HostResult, Ride } from '../run/run.ts'
import { interruptedCode } from '../run/outcome.ts'
import type { Job, Session } from '../run/session.ts'
import type { Tools } from '../run/tools.ts'
import { print, printJson } from './options.ts'
import { reportProblems } from './problems.ts'

/** Who runs this, for whoever meets the lock on the host. */
export function whoAmI(): string {
  return `${userInfo().username}@${hostname()}`
}

/** The part of a job that is about the terminal. */
export function showProgress(host: string, tools: Tools) {
  return makeProgress({
    host,
    write: text => process.stderr.write(text),
    isTerminal: process.stderr.isTTY && process.env['TERM'] !== 'dumb',
    nowMs: () => tools.clock.nowMs(),
  })
}

type Passenger = {
  readonly job: Omit<Job, 'tell' | 'keepFacts'>
  readonly open: (job: Job) => Session
}

/** Drives one host after the other; after a ^C, or after the first that did not end well, the rest is left alone. */
export async function rideAll(
  passengers: readonly Passenger[],
  folder: RunFolder,
  interrupts: Interrupts,
  go: (ride: Ride) => Promise<HostResult>,
): Promise<HostResult[]> {
  const results: HostResult[] = []
  for (const { job, open } of passengers) {
    if (interrupts.orderly.aborted || results.some(({ exitCode }) => exitCode !== 0)) {
      process.stderr.write(
        `  ${job.host.name}  not started: the run stops at the first host that does not end well\n`,
      )
      continue
    }
    const { host, tools } = job
    const progress = showProgress(host.name, tools)
    const keepFacts: Job['keepFacts'] = facts => folder.saveFacts(host.name, facts)
    const session = open({ ...job, tell: progress, keepFacts })
    const journal = await folder.openJournal(host.name, () => tools.clock.today())
    const { onState } = progress
    results.push(await go({ session, journal, interrupts, onState }))
    await journal.close()
  }
  return results
}

/** The problems of a host's run, with the exit code that the run as a whole has. */
function problemsOf({ host, cause, last, outcome, exitCode }: HostResult): Problem[] {
  if (outcome === 'changed' || outcome === 'unchanged') return []
  const isWorse = outcome === 'dirty' || outcome === 'unknown'
  const causes = isWorse && last && last.code !== cause?.code ? [cause, last] : [cause]
  return causes.flatMap(each =>
    each ? [{ ...each, code: each.code as ProblemCode, exitCode, host }] : [],
  )
}

/** Writes the report, prints it, and sets the exit code. */
export async function conclude(
  name: string,
  folder: RunFolder,
  results: readonly HostResult[],
  more: { problems: readonly Problem[]; interrupted: boolean; json: boolean },
): Promise<void> {
  const { problems, interrupted, json } = more
  const report: Report = {
    format: 'nicfix.report/1',
    run: folder.run,
    hosts: results,
    problems,
  }
  await folder.saveReport(name, report)
  reportProblems([...results.flatMap(problemsOf), ...problems])
  if (json) printJson(report)
  else print(renderReport(folder.run, results))
  const codes = [...results, ...problems].map(({ exitCode }) => exitCode)
  const bad = worst(codes.filter(code => code !== interruptedCode))
  process.exitCode = bad === 0 && interrupted ? interruptedCodeOf(results) : bad
}

// A run that ^C came too late for has ended well, and says so.
function interruptedCodeOf(results: readonly HostResult[]): number {
  const hasFinished = results.length > 0 && results.every(({ exitCode }) => exitCode === 0)
  return hasFinished ? 0 : interruptedCode
}
