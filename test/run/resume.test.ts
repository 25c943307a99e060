import { describe, expect, it, vi } from 'vitest'
import type { Facts } from '../../src/model/facts.ts'
import type { Entry, Line } from '../../src/run/journal.ts'
import { applyPlan, resumeRun, undoRun } from '../../src/run/run.ts'
import type { HostResult } from '../../src/run/run.ts'
import { openSession } from '../../src/run/session.ts'
import type { Job } from '../../src/run/session.ts'
import { FakeHost } from './fake-host.ts'
import { FakeClock } from './faults.ts'
import type { Faults } from './faults.ts'
import { makeJob, quiet } from './setup.ts'

const never = new Promise<never>(() => {
  /* what a process that was killed waits for */
})

/** What outlives a controller: its journal and the facts that it kept. */
class Controller {
  readonly host: FakeHost
  readonly entries: Entry[] = []
  before: Facts | null = null
  begun: Facts | null = null
  writes = 0
  /** Dies at this write of its journal, or at this command to the host. */
  dies: { at: 'write' | 'command'; number: number; when: 'before' | 'after' } | null = null
  #gone: (why: 'died') => void = () => {}
  #commands = 0
  readonly #more: Partial<Job>

  constructor(faults: Faults = {}, more: Partial<Job> = {}) {
    this.host = new FakeHost(new FakeClock(), faults)
    this.#more = more
  }

  get commands(): number {
    return this.#commands
  }

  #dead = false
  #dieAt(at: 'write' | 'command', number: number, when: 'before' | 'after'): boolean {
    const { dies } = this
    if (dies?.at !== at || dies.number !== number || dies.when !== when) return this.#dead
    this.#dead = true
    this.#gone('died')
    return true
  }

  #session() {
    const { host } = this
    const fallible = {
      name: host.name,
      vars: host.vars,
      lab: host.lab,
      connect: async () => {
        const connection = await host.connect()
        return {
          ...connection,
          run: async (...words: Parameters<typeof connection.run>) => {
            const number = ++this.#commands
            if (this.#dieAt('command', number, 'before')) return never
            const exit = await connection.run(...words)
            return this.#dieAt('command', number, 'after') ? never : exit
          },
        }
      },
    }
    const job = makeJob(host, {
      host: fallible,
      keepFacts: facts => Promise.resolve(void (this.before = facts)),
      keepBegun: facts => Promise.resolve(void (this.begun = facts)),
      ...this.#more,
    })
    const { before, begun: since } = this
    return openSession(job, {
      ...(before ? { facts: before } : {}),
      ...(since ? { begun: since } : {}),
    })
  }

  #ride() {
    const append = (entry: Entry): Promise<void> => {
      const number = ++this.writes
      if (this.#dieAt('write', number, 'before')) return never
      this.entries.push(entry)
      return this.#dieAt('write', number, 'after') ? never : Promise.resolve()
    }
    const session = this.#session()
    return { session, journal: { append }, interrupts: quiet(), onState: () => {} }
  }

  /** Null when it died on the way. */
  async start(go: typeof applyPlan): Promise<HostResult | null> {
    const gone = new Promise<'died'>(resolve => (this.#gone = resolve))
    const first = await Promise.race([go(this.#ride()), gone])
    return first === 'died' ? null : first
  }

  /** Another controller, with what the first has left. */
  resume(): Promise<HostResult> {
    this.dies = null
    this.#dead = false
    const lines = this.entries.map((entry, seq): Line => ({ seq, at: '', prev: '', ...entry }))
    return resumeRun(this.#ride(), lines)
  }
}

type Scene = {
  readonly name: string
  readonly faults?: Faults
  readonly more?: Partial<Job>
  readonly go?: typeof applyPlan
  /** What was done before. */
  readonly prepare?: (controller: Controller) => Promise<void>
}

const scenes: readonly Scene[] = [
  { name: 'a run that goes well' },
  {
    name: 'a run that somebody allows',
    more: { byHand: true, isPermitted: () => Promise.resolve(true) },
  },
  { name: 'a build that fails', faults: { buildFails: true } },
  { name: 'a guard that does not get ready', faults: { armFails: true } },
  { name: 'a trial that fails', faults: { trialFails: true } },
  { name: 'a trial that misses its aim', faults: { trialMisses: true } },
  { name: 'a file that cannot be written', faults: { persistFails: true } },
  { name: 'a proof that fails', faults: { proofFails: true } },
  { name: 'a rollback that gets stuck', faults: { trialFails: true, rollbackFails: true } },
  {
    name: 'the way back of a run',
    go: undoRun,
    async prepare(controller) {
      await controller.start(applyPlan)
      controller.entries.length = 0
      controller.writes = 0
    },
  },
]

async function prepared({ faults = {}, more = {}, prepare }: Scene): Promise<Controller> {
  const controller = new Controller(faults, more)
  await prepare?.(controller)
  return controller
}

const essence = ({ state, value }: FakeHost) => ({ state, value })

describe('a controller that is killed, and a run that is resumed by another', () => {
  describe.each(scenes)('$name', scene => {
    const { go = applyPlan } = scene

    it.each([
      ['write', 'before'],
      ['write', 'after'],
      ['command', 'before'],
      ['command', 'after'],
    ] as const)('ends as without the kill, at each %s (%s it)', async (at, when) => {
      const whole = await prepared(scene)
      const before = whole.commands
      const wanted = await whole.start(go)
      const last = at === 'write' ? whole.writes : whole.commands
      const first = at === 'write' ? 1 : before + 1
      expect(last).toBeGreaterThan(first)
      for (let number = first; number <= last; number += 1) {
        const controller = await prepared(scene)
        controller.dies = { at, number, when }
        const where = `${at} ${number} ${when}`
        expect(await controller.start(go), where).toBeNull()
        // Of a run whose first line was not written nothing has reached the host.
        if (controller.entries.length === 0) continue
        const result = await controller.resume()
        expect({ where, outcome: result.outcome, ...essence(controller.host) }).toEqual({
          where,
          outcome: wanted?.outcome,
          ...essence(whole.host),
        })
        expect(result.exitCode).toBe(wanted?.exitCode)
      }
    })
  })

  it('too late: the host has taken it back, which is proven', async () => {
    const controller = new Controller()
    await controller.start(applyPlan)
    const trying = controller.entries.findIndex(({ effect }) => effect === 'confirm')
    const late = new Controller()
    late.dies = { at: 'write', number: trying + 1, when: 'after' }
    expect(await late.start(applyPlan)).toBeNull()
    late.host.clock.ms += 3600_000
    late.host.tick()
    late.host.clock.ms += 60_000
    late.host.tick()
    const result = await late.resume()
    expect(result).toMatchObject({ outcome: 'rolledBack', exitCode: 3 })
    expect(late.host.value).toBe('on')
  })
})

async function begun(): Promise<Controller> {
  const controller = new Controller()
  controller.dies = { at: 'write', number: 12, when: 'after' }
  await controller.start(applyPlan)
  return controller
}

const noWord = () => Promise.resolve(false)

describe('a run that waits for a word', () => {
  it('is kept when the word comes, seconds later', async () => {
    let asked = 0
    const isPermitted = () => Promise.resolve(++asked > 3)
    const controller = new Controller({}, { byHand: true, isPermitted })
    expect(await controller.start(applyPlan)).toMatchObject({ outcome: 'changed', exitCode: 0 })
    expect(asked).toBe(4)
  })

  it('is taken back where none comes', async () => {
    const controller = new Controller({}, { byHand: true, isPermitted: noWord })
    expect(await controller.start(applyPlan)).toMatchObject({ outcome: 'rolledBack', exitCode: 3 })
    expect(controller.host.value).toBe('on')
  })

  it('is lost sight of with its host, which takes it back alone', async () => {
    const gone = { gone: { from: 8, seconds: 1000 } }
    const controller = new Controller(gone, { byHand: true, isPermitted: noWord })
    const result = await controller.start(applyPlan)
    expect(result?.outcome).toMatch(/^(unknown|rolledBack)$/)
  })
})

describe('a run that cannot be resumed', () => {
  it.each([
    ['another version of the machine', { version: '0' }, /another version/],
    ['another plan', { plan: 'sha256:ff' }, /plan is not the one/],
  ])('says so: %s', async (_, change, message) => {
    const controller = await begun()
    controller.entries[0] = { ...controller.entries[0]!, ...change }
    await expect(controller.resume()).rejects.toThrow(message)
  })

  it('says so: a journal that goes another way than the machine', async () => {
    const controller = await begun()
    controller.entries.splice(3, 1)
    await expect(controller.resume()).rejects.toThrow(/not of the way/)
  })

  it('stays as it is while the host cannot be reached, and can be resumed later', async () => {
    const controller = await begun()
    const before = controller.entries.length
    const away = vi.spyOn(controller.host, 'connect').mockRejectedValue(new Error('no route'))
    await expect(controller.resume()).rejects.toThrow(/no route/)
    expect(controller.entries).toHaveLength(before)
    away.mockRestore()
    expect((await controller.resume()).outcome).toBe('changed')
  })
})
