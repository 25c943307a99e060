import { existsSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { newI40e, stockI40e } from '../host/sim/driver.ts'
import { freshDisk, withHandMadeDriver } from '../host/sim/fresh.ts'
import { handMade } from '../plan/make.ts'
import { Scenario, id } from './scenario.ts'

let scenario: Scenario
afterEach(() => scenario.end())

const playbook = 'driver-revert'
const host = { disk: freshDisk(withHandMadeDriver), driversFromDisk: true }
const loaded = () => scenario.host.kernelState().modules['i40e']

describe('the way back to the driver of the kernel', () => {
  it('takes the other one off the disk, which a boot then does not load, and brings it back on request', async () => {
    scenario = await Scenario.start({ playbook }, host)
    expect(loaded()).toBe(newI40e.buildId)
    await scenario.to('tried')
    await scenario.confirm()
    expect(await scenario.ending()).toEqual(['committed'])
    expect(existsSync(scenario.path(handMade))).toBe(false)
    await scenario.host.powerCut()
    await scenario.host.boot()
    expect(loaded()).toBe(stockI40e.buildId)
    await scenario.host.tx(id, 'rollback')
    expect(await scenario.ending()).toEqual(['rolled-back'])
    expect(loaded()).toBe(newI40e.buildId)
  })

  it('leaves everything as it was when nobody confirms it', async () => {
    scenario = await Scenario.start({ playbook }, host)
    await scenario.to('tried')
    expect(loaded()).toBe(stockI40e.buildId)
    scenario.deadline()
    expect(await scenario.ending()).toEqual(['rolled-back'])
  })

  it('is taken back when depmod fails after the file has gone', async () => {
    scenario = await Scenario.start({ playbook }, host)
    await scenario.to('tried')
    scenario.host.fault('depmod-fails')
    await scenario.confirm()
    expect(await scenario.ending()).toEqual(['rolled-back'])
  })

  it('is refused when the file that it would load is another one by now', async () => {
    scenario = await Scenario.start({ playbook }, host)
    await scenario.host.run(
      'for file in $(find /lib/modules/*/kernel -name i40e.ko); do echo more >>$file; done',
    )
    const staged = await scenario.step('staged')
    expect(staged.code).toBe(8)
    expect(staged.stderr).toContain('is not the file that the plan was made for')
  })
})
