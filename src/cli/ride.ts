import { hostname, userInfo } from 'node:os'
import type { Plan } from '../model/plan.ts'
import { tellCourse } from '../report/events.ts'
import type { HostProgress } from '../report/progress.ts'
import type { Interrupts } from '../run/drive.ts'
import type { RunFolder } from '../run/folder.ts'
import type { Line } from '../run/journal.ts'
import type { HostResult, Ride } from '../run/run.ts'
import type { Job, Session, Tell } from '../run/session.ts'
import type { Tools } from '../run/tools.ts'
import type { Turns } from '../run/turns.ts'
import type { Events } from './events.ts'

/** Who runs this, for whoever meets the lock on the host. */
export function whoAmI(): string {
  return `${userInfo().username}@${hostname()}`
}

/** What is told while a run goes on: to people on standard error, to programs on standard output. */
function tellBoth({ emit }: Events, people: HostProgress, host: string, { clock }: Tools) {
  const programs = tellCourse(emit, host, () => clock.nowMs())
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

/** What drives a host; `lines` are what its journal holds already. */
type Go = (ride: Ride, lines: readonly Line[]) => Promise<HostResult>

export type Seat = {
  readonly job: Omit<Job, 'tell' | 'turns' | 'saveFacts' | 'saveBegun' | 'isPermitted'>
  readonly open: (job: Job) => Session
  readonly go: Go
}

export type Passenger = {
  readonly host: string
  /** Goes on in the journal that it has, instead of a new one, and whatever has become of the others. */
  readonly isBegun?: boolean
  /** Nothing is changed on it: it is in no wave. */
  readonly isIdle?: boolean
  /** Called when its turn comes. */
  readonly board: () => Promise<Seat>
}

/** What all hosts of a run share. */
export type Way = {
  readonly folder: RunFolder
  readonly interrupts: Interrupts
  readonly events: Events
}

/** Drives one host to its end. @throws {Trouble} NF7003 while another process works on it, and what the seat throws */
export async function rideOne(
  { isBegun = false, board }: Passenger,
  { folder, interrupts, events, turns }: Way & { readonly turns: Turns },
  people: HostProgress,
): Promise<HostResult> {
  const { job, open, go } = await board()
  const { host, tools, plan, token } = job
  const today = () => tools.clock.today()
  const { journal, lines } = isBegun
    ? await folder.continueJournal(host.name, today)
    : { journal: await folder.openJournal(host.name, today), lines: [] }
  try {
    if (token !== '' && !isBegun) await folder.saveToken(host.name, token)
    events.emit({ type: 'host.start', data: { changes: plan.changes.length } }, host.name)
    const { onState, tell } = tellBoth(events, people, host.name, tools)
    const session = open({
      ...job,
      tell,
      turns,
      saveFacts: facts => folder.saveFacts(host.name, facts),
      saveBegun: facts => folder.saveFacts(host.name, facts, 'begun'),
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
