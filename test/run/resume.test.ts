import { describe, expect, it, vi } from 'vitest'
import { applyPlan, undoRun } from '../../src/run/run.ts'
import type { Job } from '../../src/run/session.ts'
import { Controller } from './controller.ts'
import type { FakeHost } from './fake-host.ts'
import type { Faults } from './faults.ts'

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
