import { hostname, userInfo } from 'node:os'
import { worst } from '../model/exit.ts'
import type { Plan } from '../model/plan.ts'
import type { Report } from '../model/report.ts'
import type { Problem, ProblemCode } from '../problems.ts'
import { tellCourse } from '../report/events.ts'
import { makeProgress } from '../report/progress.ts'
import { renderReport } from '../report/run.ts'
import type { Interrupts } from '../run/drive.ts'
import type { RunFolder } from '../run/folder.ts'
import type { HostResult, Ride } from '../run/run.ts'
import { interruptedCode } from '../run/outcome.ts'
import type { Job, Session, Tell } from '../run/session.ts'
import type { Tools } from '../run/tools.ts'
import type { Events } from './events.ts'
import { print, tell as writeError } from './options.ts'
import { reportProblems } from './problems.ts'

/** Who runs this, for whoever meets the lock on the host. */
export function whoAmI(): string {
  return `${userInfo().username}@${hostname()}`
}

/** What is told while a run goes on: to people on standard error, to programs on standard output. */
function tellBoth({ emit }: Events, host: string, { clock }: Tools) {
  const nowMs = () => clock.nowMs()
  const people = makeProgress({
    host,
    write: text => process.stderr.write(text),
    isTerminal: process.stderr.isTTY && process.env['TERM'] !== 'dumb',
    nowMs,
  })
  const programs = tellCourse(emit, host, nowMs)
  const onState: Ride['onState'] = (state, said) => {
    people.onState(state, said)
    programs.onState(state, said)
  }
  const tell: Tell = {
    heard: event => programs.heard(event),
    note(text) {
      people.note(text)
      programs.note(text)
    },
    away(awayMs, deadlineInSeconds) {
      people.away(awayMs, deadlineInSeconds)
      programs.away(deadlineInSeconds)
    },
    back() {
      people.back()
      programs.back()
    },
  }
  return { onState, tell }
}

/** The run begins: from here on it has an id and a folder. */
export function tellStart(
  events: Events,
  { run, path }: RunFolder,
  plan: Plan,
  hosts: readonly string[],
): void {
  events.begin(run)
  const { playbook, digest } = plan
  const data = { playbook: playbook.name, digest, hosts, folder: path }
  events.emit({ type: 'run.start', data })
}

type Passenger = {
  readonly job: Omit<Job, 'tell' | 'keepFacts'>
  readonly open: (job: Job) => Session
}

/** What all hosts of a run share. */
export type Way = {
  readonly folder: RunFolder
  readonly interrupts: Interrupts
  readonly events: Events
}

const whySkipped = 'the run stops at the first host that does not end well'

/** Drives one host after the other; after a ^C, or after the first that did not end well, the rest is left alone. */
export async function rideAll(
  passengers: readonly Passenger[],
  way: Way,
  go: (ride: Ride) => Promise<HostResult>,
): Promise<HostResult[]> {
  const { folder, interrupts, events } = way
  const results: HostResult[] = []
  for (const { job, open } of passengers) {
    const { host, tools, plan } = job
    if (interrupts.orderly.aborted || results.some(({ exitCode }) => exitCode !== 0)) {
      process.stderr.write(`  ${host.name}  not started: ${whySkipped}\n`)
      events.emit({ type: 'host.skipped', data: { why: whySkipped } }, host.name)
      continue
    }
    events.emit({ type: 'host.start', data: { changes: plan.changes.length } }, host.name)
    const { onState, tell } = tellBoth(events, host.name, tools)
    const keepFacts: Job['keepFacts'] = facts => folder.saveFacts(host.name, facts)
    const session = open({ ...job, tell, keepFacts })
    const journal = await folder.openJournal(host.name, () => tools.clock.today())
    const report = await go({ session, journal, interrupts, onState })
    results.push(report)
    events.emit({ type: 'host.done', data: { report } }, host.name)
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

/** Writes the report, prints it, and sets the exit code. Where events were asked for, prose keeps off standard output. */
export async function conclude(
  name: string,
  { folder, interrupts, events }: Way,
  results: readonly HostResult[],
  more: { problems: readonly Problem[]; json: boolean },
): Promise<void> {
  const { problems, json } = more
  const { run } = folder
  const report: Report = { format: 'nicfix.report/1', run, hosts: results, problems }
  await folder.saveReport(name, report)
  reportProblems([...results.flatMap(problemsOf), ...problems])
  const write = json ? writeError : print
  write(renderReport(run, results))
  const interrupted = interrupts.orderly.aborted
  const codes = [...results, ...problems].map(({ exitCode }) => exitCode)
  const bad = worst(codes.filter(code => code !== interruptedCode))
  const exitCode = bad === 0 && interrupted ? interruptedCodeOf(results) : bad
  process.exitCode = exitCode
  const hosts = results.map(each => ({
    host: each.host,
    outcome: each.outcome,
    exitCode: each.exitCode,
  }))
  events.emit({ type: 'run.done', data: { exitCode, interrupted, hosts } })
}

// A run that ^C came too late for has ended well, and says so.
function interruptedCodeOf(results: readonly HostResult[]): number {
  const hasFinished = results.length > 0 && results.every(({ exitCode }) => exitCode === 0)
  return hasFinished ? 0 : interruptedCode
}
