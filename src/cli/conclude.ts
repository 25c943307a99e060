import { worst } from '../model/exit.ts'
import type { Report } from '../model/report.ts'
import type { Problem, ProblemCode } from '../problems.ts'
import { renderReport } from '../report/run.ts'
import { interruptedCode } from '../run/outcome.ts'
import type { HostResult } from '../run/run.ts'
import type { Ridden } from './fleet.ts'
import { print, tell as writeError } from './options.ts'
import { reportProblems } from './problems.ts'
import type { Way } from './ride.ts'

/** The problems of a host's run, with the exit code that the run as a whole has. */
function troublesOf({ host, cause, last, outcome, exitCode }: HostResult): Problem[] {
  if (outcome === 'changed' || outcome === 'unchanged') return []
  const isWorse = outcome === 'dirty' || outcome === 'unknown'
  const causes = isWorse && last && last.code !== cause?.code ? [cause, last] : [cause]
  return causes.flatMap(each =>
    each ? [{ ...each, code: each.code as ProblemCode, exitCode, host }] : [],
  )
}

/** Writes the report, prints it, and sets the exit code. Where events were asked for, prose keeps off standard output. */
export async function conclude(
  name: string,
  { folder, interrupts, events }: Way,
  { results, problems, skipped }: Ridden,
  { json = false }: { readonly json?: boolean },
): Promise<void> {
  const { run } = folder
  const report: Report = { format: 'nicfix.report/1', run, hosts: results, problems, skipped }
  await folder.saveReport(name, report)
  reportProblems([...results.flatMap(troublesOf), ...problems])
  const write = json ? writeError : print
  write(renderReport(run, results, skipped))
  const interrupted = interrupts.orderly.aborted
  const codes = [...results, ...problems].map(({ exitCode }) => exitCode)
  const bad = worst(codes.filter(code => code !== interruptedCode))
  const exitCode = bad === 0 && interrupted ? interruptedCodeOf(results, skipped) : bad
  process.exitCode = exitCode
  const hosts = results.map(each => ({
    host: each.host,
    outcome: each.outcome,
    exitCode: each.exitCode,
  }))
  events.emit({ type: 'run.done', data: { exitCode, interrupted, hosts } })
}

// A run that ^C came too late for has ended well, and says so.
function interruptedCodeOf(results: readonly HostResult[], skipped: readonly string[]): number {
  const hasAll = results.length > 0 && skipped.length === 0
  const hasFinished = hasAll && results.every(({ exitCode }) => exitCode === 0)
  return hasFinished ? 0 : interruptedCode
}
