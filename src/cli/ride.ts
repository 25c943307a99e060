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
import type { Line } from '../run/journal.ts'
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
    ask(text) {
      people.ask(text)
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

export type Passenger = {
  readonly job: Omit<Job, 'tell' | 'keepFacts' | 'keepBegun' | 'isPermitted'>
  readonly open: (job: Job) => Session
  /** Goes on in the journal that it has, instead of a new one. */
  readonly resumes?: boolean
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
  go: Go,
): Promise<HostResult[]> {
  const results: HostResult[] = []
  for (const passenger of passengers) {
    const { name } = passenger.job.host
    if (way.interrupts.orderly.aborted || results.some(({ exitCode }) => exitCode !== 0)) {
      process.stderr.write(`  ${name}  not started: ${whySkipped}\n`)
      way.events.emit({ type: 'host.skipped', data: { why: whySkipped } }, name)
      continue
    }
    results.push(await rideOne(passenger, way, go))
  }
  return results
}

/** Drives a host; `lines` are what its journal holds already. */
type Go = (ride: Ride, lines: readonly Line[]) => Promise<HostResult>

/** @throws {Trouble} NF7003 while another process works on it, and what `go` throws */
export async function rideOne(
  { job, open, resumes = false }: Passenger,
  { folder, interrupts, events }: Way,
  go: Go,
): Promise<HostResult> {
  const { host, tools, plan, token } = job
  const today = () => tools.clock.today()
  const { journal, lines } = resumes
    ? await folder.continueJournal(host.name, today)
    : { journal: await folder.openJournal(host.name, today), lines: [] }
  try {
    if (token !== '' && !resumes) await folder.saveToken(host.name, token)
    events.emit({ type: 'host.start', data: { changes: plan.changes.length } }, host.name)
    const { onState, tell } = tellBoth(events, host.name, tools)
    const session = open({
      ...job,
      tell,
      keepFacts: facts => folder.saveFacts(host.name, facts),
      keepBegun: facts => folder.saveFacts(host.name, facts, 'begun'),
      isPermitted: () => folder.isPermitted(host.name),
    })
    const report = await go({ session, journal, interrupts, onState }, lines)
    events.emit({ type: 'host.done', data: { report } }, host.name)
    // Whoever let go of the host may come back to confirm.
    if (!report.detached) await folder.forgetToken(host.name)
    return report
  } finally {
    await journal.close()
  }
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
