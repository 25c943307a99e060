import { worst } from '../model/exit.ts'
import type { Problem } from '../problems.ts'
import { silent, writeEvents } from '../report/events.ts'
import type { Emit } from '../report/events.ts'
import { realClock } from '../run/clock.ts'
import { problemsOf } from '../run/said.ts'
import { readVersion } from './version.ts'

/** Where a command that changes hosts tells other programs what happens. */
export type Events = {
  readonly emit: Emit
  /** From here on every line carries the run's id. */
  readonly begin: (run: string) => void
}

const toStdout = () =>
  writeEvents(
    line => process.stdout.write(line),
    () => realClock.today(),
  )

/**
 * Does a command's work with its events on standard output, if they were asked for. Also work that fails before a
 * run began has a first line, its problems, and a last line.
 */
export async function withEvents(
  command: 'apply' | 'rollback' | 'resume' | 'confirm',
  areAsked: boolean,
  work: (events: Events) => Promise<void>,
): Promise<void> {
  const events: Events = areAsked ? toStdout() : { emit: silent, begin: () => undefined }
  events.emit({ type: 'version', data: { nicfix: readVersion(), command } })
  try {
    await work(events)
  } catch (error) {
    const problems = problemsOf(error)
    emitProblems(events, problems)
    const exitCode = worst(problems.map(each => each.exitCode))
    events.emit({ type: 'run.done', data: { exitCode, interrupted: false, hosts: [] } })
    throw error
  }
}

/** Tells of problems on which no run was begun. */
export function emitProblems({ emit }: Events, problems: readonly Problem[]): void {
  for (const each of problems) emit({ type: 'problem', data: each }, each.host)
}
