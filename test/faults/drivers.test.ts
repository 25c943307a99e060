import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { stockI40e } from '../host/sim/driver.ts'
import { freshDisk } from '../host/sim/fresh.ts'
import { Scenario, id } from './scenario.ts'

let scenario: Scenario
afterEach(() => scenario.end())

const upgrade = () => Scenario.start({ playbook: 'i40e-upgrade' })
const isNew = '2.*'
const isOld = stockI40e.version

/** The trial is begun, and fails. */
async function trial(): Promise<void> {
  await scenario.to('ready')
  await scenario.host.tx(id, 'fire')
  await scenario.host.settled()
}

describe('a driver that cannot be exchanged', () => {
  it.each([
    ['its port is in use', 'rmmod-busy', '*', 'i40e cannot be unloaded'],
    ['the kernel does not take the new one', 'insmod-fails', isNew, 'Unknown symbol'],
    ['another build was loaded', 'wrong-build', isNew, 'loaded build is 00000000'],
  ] as const)('is taken back at once when %s', async (_, fault, version, says) => {
    scenario = await (await upgrade()).to('ready')
    scenario.host.fault(fault, version)
    await trial()
    expect(scenario.log()).toContain(says)
    expect(scenario.log()).not.toContain('phase tried')
    expect(await scenario.ending()).toEqual(['rolled-back'])
    // It ends without waiting for a confirmation that nobody can give.
    expect(await scenario.confirm()).toMatchObject({ code: 3 })
  })
})

describe('a driver that cannot be taken back', () => {
  it('is called failed when neither of the two can be loaded, and the other port is left alone', async () => {
    const disk = freshDisk({ '/etc/motd': 'Welcome.\n' })
    scenario = await (await Scenario.start({ playbook: 'i40e-upgrade' }, { disk })).to('ready')
    const banner = () => readFileSync(scenario.path('/etc/motd'), 'utf8')
    scenario.host.fault('insmod-fails')
    await trial()
    expect(await scenario.ending()).toEqual(['failed'])
    expect(scenario.manual()).toContain('i40e was not loaded from')
    expect(scenario.manual()).toMatch(
      /modprobe -r i40e; insmod \/lib\/modules\/.*\(now loaded: none\)/,
    )
    const { ports } = scenario.host.kernelState()
    expect(ports['eno1']).toEqual(scenario.before.kernel.ports['eno1'])
    expect(banner()).toContain(`nicfix run ${id}`)
    expect(await scenario.confirm()).toMatchObject({ code: 5 })
    // The next run is refused for as long as nobody has seen to it.
    const next = await scenario.host.stage(scenario.job, '20260101-0001-bbbb')
    expect(next).toMatchObject({ code: 7, stdout: expect.stringContaining('needs a human') })

    // Once the cause is gone a rollback ends it, and the help goes.
    scenario.host.mend()
    expect(await scenario.host.tx(id, 'rollback')).toMatchObject({ code: 0 })
    expect(await scenario.ending()).toEqual(['rolled-back'])
    expect(banner()).toBe('Welcome.\n')
  })

  it('is called failed when unloading says that it went well and it did not', async () => {
    scenario = await (await upgrade()).to('tried')
    scenario.tool('modprobe', 'exit 0')
    scenario.deadline()
    expect(await scenario.ending()).toEqual(['failed'])
    expect(scenario.manual()).toContain('i40e cannot be unloaded')
  })

  it('is called failed when loading says that it went well and it is not the one', async () => {
    scenario = await (await upgrade()).to('tried')
    scenario.host.fault('wrong-build', isOld)
    scenario.deadline()
    expect(await scenario.ending()).toEqual(['failed'])
    expect(scenario.manual()).toContain('loaded build is 00000000')
  })
})

describe('after the confirmation', () => {
  it('a depmod that fails takes everything back', async () => {
    scenario = await (await upgrade()).to('tried')
    scenario.host.fault('depmod-fails')
    expect(await scenario.confirm()).toMatchObject({ code: 0 })
    expect(await scenario.ending()).toEqual(['rolled-back'])
    expect(scenario.log()).toContain('depmod failed')
  })
})
