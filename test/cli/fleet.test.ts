import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { rideAll } from '../../src/cli/fleet.ts'
import type { Fleet } from '../../src/cli/fleet.ts'
import type { Passenger } from '../../src/cli/ride.ts'
import type { EventBody } from '../../src/model/event.ts'
import type { Plan } from '../../src/model/plan.ts'
import { problem, Trouble } from '../../src/problems.ts'
import { createRunFolder } from '../../src/run/folder.ts'
import { readJournal } from '../../src/run/journal.ts'
import { applyPlan } from '../../src/run/run.ts'
import type { HostResult } from '../../src/run/run.ts'
import { openSession } from '../../src/run/session.ts'
import { FakeHost } from '../run/fake-host.ts'
import { FakeClock } from '../run/faults.ts'
import type { Faults } from '../run/faults.ts'
import { makeJob, plan } from '../run/setup.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nicfix-fleet-'))
  vi.spyOn(process.stderr, 'write').mockReturnValue(true)
})
afterAll(() => {
  vi.restoreAllMocks()
  rmSync(folder, { recursive: true, force: true })
})

const named = (count: number) => Array.from({ length: count }, (_, at) => `h${at + 1}`)

/** Hosts as the driver's tests have them, each with its own faults, on their way through a run of their own. */
async function setUp(faults: Readonly<Record<string, Faults>> = {}) {
  const id = `20261122-0131-${Math.random().toString(16).slice(2, 6).padEnd(4, '0')}`
  const runFolder = await createRunFolder(id, {} as Plan, folder)
  const orderly = new AbortController()
  const events: [string, string | null][] = []
  const way = {
    folder: runFolder,
    interrupts: { orderly: orderly.signal, detach: new AbortController().signal },
    events: {
      begin: () => undefined,
      emit: ({ type }: EventBody, host: string | null = null) => void events.push([type, host]),
    },
  }
  let running = 0
  const seen = { most: 0, begun: [] as string[], ended: [] as string[] }
  const seat = (name: string): Passenger => ({
    host: name,
    async board() {
      seen.begun.push(name)
      running += 1
      seen.most = Math.max(seen.most, running)
      await setTimeout(5)
      const clock = new FakeClock()
      const fake = Object.assign(new FakeHost(clock, faults[name] ?? {}), { name })
      return {
        job: makeJob(fake, { run: id, plan: { ...plan, host: name } }),
        open: job => openSession(job),
        async go(ride): Promise<HostResult> {
          const result = await applyPlan(ride)
          running -= 1
          seen.ended.push(name)
          return result
        },
      }
    },
  })
  const ride = (hosts: readonly (string | Passenger)[], fleet: Partial<Fleet> = {}) =>
    rideAll(
      hosts.map(each => (typeof each === 'string' ? seat(each) : each)),
      way,
      { concurrency: 20, policy: null, ...fleet },
    )
  return { ride, seat, seen, events, orderly, runFolder }
}

const outcomes = (results: readonly HostResult[]) => results.map(each => [each.host, each.outcome])

describe('many hosts', () => {
  it('are changed some at a time, each with a journal of its own, and told in their order', async () => {
    const { ride, seen, runFolder } = await setUp()
    const { results, problems, skipped } = await ride(named(25), { concurrency: 7 })
    expect(outcomes(results)).toEqual(named(25).map(name => [name, 'changed']))
    expect([problems, skipped]).toEqual([[], []])
    expect(seen.most).toBe(7)
    const journals = await runFolder.journals()
    expect([...journals.keys()].toSorted()).toEqual(named(25).toSorted())
    for (const [host, file] of journals) {
      const lines = await readJournal(file)
      expect(lines[0]).toMatchObject({ kind: 'begin', host })
      expect(lines.at(-1)).toMatchObject({ kind: 'outcome', outcome: 'changed' })
    }
  })

  it('are left alone after the first that did not end well; those under way are driven to their end', async () => {
    const { ride, events } = await setUp({ h3: { trialFails: true } })
    const { results, skipped } = await ride(named(12), { concurrency: 4 })
    expect(outcomes(results)).toContainEqual(['h3', 'rolledBack'])
    expect(results.filter(each => each.outcome !== 'changed')).toHaveLength(1)
    expect(skipped).toEqual(named(12).slice(results.length))
    expect(skipped.length).toBeGreaterThan(3)
    const told = events.flatMap(([type, host]) => (type === 'host.skipped' ? [host] : []))
    expect(told).toEqual(skipped)
  })

  it('are all changed where it was said to keep going', async () => {
    const { ride } = await setUp({ h1: { buildFails: true }, h4: { trialFails: true } })
    const { results, skipped } = await ride(named(6), { concurrency: 2, keepGoing: true })
    expect(skipped).toEqual([])
    expect(results.map(each => each.outcome)).toEqual([
      'failed',
      'changed',
      'changed',
      'rolledBack',
      'changed',
      'changed',
    ])
  })

  it('go on although one of them cannot even be begun', async () => {
    const { ride, seat } = await setUp()
    const broken: Passenger = {
      ...seat('h2'),
      board: () => Promise.reject(new Trouble(problem('NF7003', 'another nicfix', 'wait'))),
    }
    const { results, problems } = await ride(['h1', broken, 'h3'], { keepGoing: true })
    expect(outcomes(results)).toEqual([
      ['h1', 'changed'],
      ['h3', 'changed'],
    ])
    expect(problems).toMatchObject([{ code: 'NF7003', host: 'h2' }])
  })

  it('are not begun after ^C, and what is under way ends in order', async () => {
    const { ride, orderly, seat, seen } = await setUp()
    const third: Passenger = {
      ...seat('h3'),
      board: () => {
        orderly.abort()
        return seat('h3').board()
      },
    }
    const { results, skipped } = await ride(['h1', 'h2', third, 'h4', 'h5'], { concurrency: 1 })
    expect(seen.ended).toEqual(['h1', 'h2', 'h3'])
    expect(results.at(-1)).toMatchObject({ host: 'h3', outcome: 'failed', interrupted: true })
    expect(skipped).toEqual(['h4', 'h5'])
  })
})

describe('waves', () => {
  const policy = { waves: [1, '50%', '100%'], soakSeconds: 0, maxFailures: 2 }

  it('are begun one after the other', async () => {
    const { ride, seen } = await setUp()
    await ride(named(8), { policy })
    expect(seen.ended[0]).toBe('h1')
    expect(seen.begun.slice(0, 1)).toEqual(['h1'])
    expect(seen.ended.slice(1, 5).toSorted()).toEqual(['h2', 'h3', 'h4', 'h5'])
    expect(seen.most).toBe(4)
  })

  it('end with the one in which too many hosts did not end well', async () => {
    const { ride } = await setUp({ h1: { buildFails: true }, h3: { trialFails: true } })
    const { skipped } = await ride(named(8), { policy })
    expect(skipped).toEqual(['h6', 'h7', 'h8'])
  })

  it('count what failed in an earlier part of the run', async () => {
    const { ride } = await setUp({ h1: { buildFails: true } })
    const { skipped } = await ride(named(3), { policy, failures: 1 })
    expect(skipped).toEqual(['h2', 'h3'])
  })

  it('have neither hosts without changes in them, nor those that were begun before', async () => {
    const { ride, seat, seen } = await setUp({ h2: { buildFails: true } })
    const idle = { ...seat('h2'), isIdle: true }
    await ride(['h1', idle, 'h3'], { policy })
    expect(seen.begun).toEqual(['h2', 'h1', 'h3'])
  })

  it('wait for as long as the playbook says, or until ^C', async () => {
    const { ride, orderly, seen, events } = await setUp()
    const riding = ride(named(3), { policy: { ...policy, soakSeconds: 3600 } })
    while (!events.some(([type, host]) => type === 'note' && host === null)) await setTimeout(10)
    expect(seen.ended).toEqual(['h1'])
    orderly.abort()
    expect((await riding).skipped).toEqual(['h2', 'h3'])
  })
})
