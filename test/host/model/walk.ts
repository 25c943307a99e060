import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { verbs } from '../../../machines/guard-words.ts'
import type { GuardContext, Verb } from '../../../machines/guard-words.ts'
import { begin, next, placeOf } from '../../machines/tours.ts'
import type { EventName, Snapshot } from '../../machines/tours.ts'
import type { Disk } from '../sim/disk.ts'
import { newI40e } from '../sim/driver.ts'
import { judge, kernelDifferences } from '../sim/oracle.ts'
import { pause } from '../sim/ran.ts'
import { isAtGate } from './gates.ts'
import type { Gate } from './gates.ts'
import { id, ModelHost, patienceSeconds } from './host.ts'
import type { Staged } from './host.ts'

/** All that is compared of a host after each event. */
export type Seen = {
  readonly state: string
  readonly phase: string
  readonly guard: 'alive' | 'dead'
  readonly watch: 'alive' | 'dead'
  readonly boot: GuardContext['boot']
  readonly files: GuardContext['files']
  readonly driver: GuardContext['driver'] | 'damaged'
  readonly lock: GuardContext['lock']
  /** What else is not as it has to be, when it is over. */
  readonly faults: readonly string[]
}

export type Step = {
  readonly event: EventName
  readonly answer: number | null
  readonly seen: Seen
}

/** A walk that the host did not take as the model does. */
export class Mismatch extends Error {
  readonly events: readonly EventName[]

  constructor(events: readonly EventName[], expected: Step, found: Step) {
    const show = (step: Step) => JSON.stringify(step, null, 1).replaceAll(/\n */g, ' ')
    super(`after ${events.join(' ')}\n  model ${show(expected)}\n  host  ${show(found)}`)
    this.events = events
  }
}

const isVerb = (event: EventName): event is Verb => (verbs as readonly string[]).includes(event)

/**
 * Takes a walk on a real script, and compares answer and host after each event.
 * @param lastSeconds that the host has to get where the last event leads
 */
export async function walk(
  staged: Staged,
  events: readonly EventName[],
  lastSeconds = patienceSeconds,
): Promise<void> {
  const there = await ModelHost.start(staged)
  try {
    let snapshot = begin({ trigger: staged.systemd })
    for (const [index, event] of events.entries()) {
      const was = snapshot.context
      snapshot = next(snapshot, event)
      const answer = await there.play(event, was)
      const expected = expectedOf(snapshot, event)
      const seen = await settle(
        there,
        expected.seen,
        index + 1 < events.length ? patienceSeconds : lastSeconds,
      )
      there.calmDown()
      if (expected.answer !== answer || !isDeepStrictEqual(seen, expected.seen))
        throw new Mismatch(events.slice(0, index + 1), expected, { event, answer, seen })
    }
    const last = expectedOf(snapshot, 'STATUS').seen
    // Nothing may come after: a state that the host only passes through is not the one that was expected.
    await pause(300)
    const seen = await look(there)
    if (!isDeepStrictEqual(seen, last)) {
      const step = { event: events.at(-1) ?? 'STATUS', answer: null } as const
      throw new Mismatch([...events], { ...step, seen: last }, { ...step, seen })
    }
  } finally {
    await there.end()
  }
}

/** Takes many walks, a few at a time, and tells of all that did not match. */
export async function walkAll(
  staged: Staged,
  walks: readonly (readonly EventName[])[],
  atOnce = 3,
): Promise<string[]> {
  const mismatches: string[] = []
  const rest = walks.values()
  const lane = async () => {
    for (const events of rest)
      await walk(staged, events).catch((error: unknown) => mismatches.push(String(error)))
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
  return mismatches
}

function expectedOf(snapshot: Snapshot, event: EventName): Step {
  const { phase, guard, watch, boot, files, driver, lock, answer } = snapshot.context
  const [state = ''] = placeOf(snapshot).split('.')
  const alive = guard === 'dead' ? 'dead' : 'alive'
  const seen = { phase, guard: alive, watch, boot, files, driver, lock, faults: [] } as const
  return {
    event,
    answer: isVerb(event) ? answer : null,
    seen: { state: state === 'rolledBack' ? 'rolled-back' : state, ...seen },
  }
}

/** Waits until the host is as expected, or for as long as it may take to get there. */
async function settle(there: ModelHost, expected: Seen, seconds: number): Promise<Seen> {
  const limit = process.hrtime.bigint() + BigInt(seconds) * 1_000_000_000n
  for (;;) {
    const seen = await look(there)
    const isThere = isDeepStrictEqual(seen, expected) && isAtWork(there, expected)
    if (isThere || process.hrtime.bigint() > limit) return seen
    await pause(20)
  }
}

/** Where work is under way it has to have come to the gate, so that the next event meets it there. */
function isAtWork({ host }: ModelHost, { phase, guard }: Seen): boolean {
  const gates: Record<string, Gate> = {
    trying: 'trial',
    persisting: 'persist',
    'rolling-back': 'undo',
  }
  const gate = guard === 'dead' ? undefined : gates[phase]
  return gate === undefined || isAtGate(host.root, gate)
}

const alive = (is: boolean) => (is ? 'alive' : 'dead')

async function look(there: ModelHost): Promise<Seen> {
  const { host } = there
  const { state, phase, guardAlive, watchAlive, sameBoot } = await host.status(id)
  const lock = lockOf(host.root)
  const atRest = !guardAlive && !watchAlive
  return {
    state,
    phase,
    guard: alive(guardAlive),
    watch: alive(watchAlive),
    boot: sameBoot ? 'same' : 'other',
    files: filesOf(there, host.disk()),
    driver: driverOf(there),
    lock,
    faults: atRest ? await faultsOf(there, state, lock, sameBoot) : [],
  }
}

function lockOf(root: string): Seen['lock'] {
  try {
    const [owner] = readFileSync(join(root, 'var/lib/nicfix/lock'), 'utf8').split(' ')
    return owner === id ? 'this' : 'other'
  } catch {
    return 'free'
  }
}

/** What a boot reads of what the plan writes: all as before, all as planned with its index, or anything between. */
function filesOf({ staged }: ModelHost, disk: Disk): Seen['files'] {
  const planned = staged.job.plan.changes.flatMap(each =>
    each.kind === 'write-file' ? [each.path] : [],
  )
  const indexes = [...disk.keys()].filter(path => /^\/lib\/modules\/[^/]*\/modules\./.test(path))
  const paths = [...planned, ...indexes]
  const was = staged.before.disk
  const changed = paths.filter(path => disk.get(path)?.sum !== was.get(path)?.sum)
  if (changed.length === 0) return 'old'
  return changed.length === paths.length ? 'new' : 'mixed'
}

function driverOf({ host, staged: { before } }: ModelHost): Seen['driver'] {
  const now = host.kernelState()
  const build = now.modules['i40e']
  if (build === undefined) return 'none'
  const wanted = build === newI40e.buildId ? newDriver(before.kernel) : before.kernel
  if (kernelDifferences(wanted, now).length > 0) return 'damaged'
  return wanted === before.kernel ? 'old' : 'new'
}

/** The same ports, addresses and routes, carried by the new driver. */
function newDriver({ modules, ports }: Staged['before']['kernel']): Staged['before']['kernel'] {
  const moved = Object.entries(ports).map(([name, port]) =>
    port.driver.startsWith('i40e ')
      ? [name, { ...port, driver: `i40e ${newI40e.version}` }]
      : [name, port],
  )
  return {
    modules: { ...modules, i40e: newI40e.buildId },
    ports: Object.fromEntries(moved),
  }
}

/** Of a host at rest that no other run has: its files, its kernel and what it tells people, to the last one. */
async function faultsOf(
  { host, staged: { before, job } }: ModelHost,
  state: string,
  lock: Seen['lock'],
  isSameBoot: boolean,
): Promise<readonly string[]> {
  const isOver = ['rolled-back', 'committed', 'cancelled'].includes(state) && lock === 'free'
  // The journal, where the cry for help is looked for, is gone with the boot.
  const needsHelp = state === 'failed' && isSameBoot
  return isOver || needsHelp ? judge(host, before, job, id) : []
}
