import { readFileSync, writeFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { extendOn } from '../../src/cli/extend.ts'
import type { Host } from '../../src/remote/host.ts'
import { Scenario, id } from './scenario.ts'

let scenario: Scenario
afterEach(() => scenario.end())

const left = async () => (await scenario.host.status(id)).deadlineInSeconds ?? 0
const extend = () => scenario.host.tx(id, 'extend')

/** The host as the controller has it. */
const asHost = (): Host => ({
  name: 'sim',
  vars: {},
  lab: true,
  connect: async () => ({
    hostKey: 'local',
    via: 'local',
    async run(command) {
      const { code, stdout, stderr } = await scenario.host.run(command)
      return { kind: 'exited', code: code ?? 1, stdout, stderr }
    },
    close: async () => {},
  }),
})

describe('nicfix extend', () => {
  it('says how long the window is now, or why there is none', async () => {
    scenario = await Scenario.start({ confirmWithin: 60 })
    const host = asHost()
    await expect(extendOn(host, id)).rejects.toMatchObject({ problems: [{ code: 'NF5003' }] })
    await scenario.to('tried')
    scenario.host.clock.leap(30)
    const { run } = await extendOn(host, id)
    expect(run).toMatchObject({ id, state: 'pending' })
    expect(run.deadlineInSeconds).toBeGreaterThan(50)
    scenario.deadline()
    expect(await scenario.ending()).toEqual(['rolled-back'])
    await expect(extendOn(host, id)).rejects.toMatchObject({
      problems: [{ code: 'NF5004', message: 'too late: the host is rolled-back' }],
    })
  })
})

describe('the window for a confirmation', () => {
  it('begins anew when it is extended, and the change is kept when it is confirmed then', async () => {
    scenario = await Scenario.start({ confirmWithin: 60 })
    await scenario.to('tried')
    scenario.host.clock.leap(50)
    expect(await extend()).toMatchObject({ code: 0 })
    expect(await left()).toBeGreaterThan(50)
    scenario.host.clock.leap(20)
    expect(await scenario.confirm()).toMatchObject({ code: 0 })
    expect(await scenario.ending()).toEqual(['committed'])
  })

  it('ends like any other when nobody confirms after it was extended', async () => {
    scenario = await Scenario.start({ confirmWithin: 60 })
    await scenario.to('tried')
    expect(await extend()).toMatchObject({ code: 0 })
    scenario.host.clock.leap(60)
    expect(await scenario.ending()).toEqual(['rolled-back'])
  })

  it('is not extended for more than fifteen minutes, however often that is asked for', async () => {
    scenario = await Scenario.start({ confirmWithin: 600 })
    await scenario.to('tried')
    scenario.host.clock.leap(590)
    expect(await extend()).toMatchObject({ code: 0 })
    scenario.host.clock.leap(590)
    expect(await extend()).toMatchObject({ code: 0 })
    expect(await left()).toBeLessThanOrEqual(1500 - 1180)
    expect(await extend()).toMatchObject({
      code: 8,
      stderr: expect.stringContaining('cannot be extended any further'),
    })
    scenario.host.clock.leap(320)
    expect(await scenario.ending()).toEqual(['rolled-back'])
  })

  it('is no window before the trial has ended, and none any more when the run is over', async () => {
    scenario = await Scenario.start({ confirmWithin: 60 })
    await scenario.to('ready')
    expect(await extend()).toMatchObject({ code: 8 })
    await scenario.to('tried')
    scenario.deadline()
    expect(await scenario.ending()).toEqual(['rolled-back'])
    expect(await extend()).toMatchObject({ code: 3, stderr: expect.stringContaining('too late') })
  })

  it('is not longer on a disk that takes nothing any more, where the file still has the deadline of the trial', async () => {
    scenario = await Scenario.start({ confirmWithin: 30 })
    await scenario.to('ready')
    await scenario.host.tx(id, 'fire')
    await scenario.until('trying')
    // As if what was written since had not arrived.
    const path = scenario.path(`/var/lib/nicfix/tx/${id}/deadline`)
    const trial = readFileSync(path, 'utf8')
    await scenario.until('tried')
    writeFileSync(path, trial)
    scenario.deadline()
    expect(await scenario.ending()).toEqual(['rolled-back'])
  })

  it('is not moved by whatever else is found in the file of the deadline', async () => {
    scenario = await Scenario.start({ confirmWithin: 60 })
    await scenario.to('tried')
    await scenario.host.run(`echo '99999999 99999999' >/var/lib/nicfix/tx/${id}/deadline`)
    scenario.deadline()
    expect(await scenario.ending()).toEqual(['rolled-back'])
  })
})
