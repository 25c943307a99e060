import { afterEach, describe, expect, it } from 'vitest'
import { Scenario, id } from '../faults/scenario.ts'

let scenario: Scenario
afterEach(() => scenario.end())

const upgrade = () => Scenario.start({ playbook: 'i40e-upgrade' })
const isNew = '2.*'

/** The trial is begun, and fails. */
async function trial(): Promise<void> {
  await scenario.to('ready')
  await scenario.host.tx(id, 'fire')
  await scenario.host.settled()
}

describe('a driver that cannot be exchanged', () => {
  it.each([
    ['the new one finds no port', 'no-netdev', isNew, 'eno3 is gone'],
    ['the new one has no carrier', 'no-carrier', isNew, 'no carrier'],
    ['the new one calls itself another version', 'wrong-version', isNew, 'says version 0.0.1'],
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
  it('is called failed when unloading hangs inside the kernel; nothing else hangs behind it', async () => {
    scenario = await (await upgrade()).to('tried')
    scenario.host.fault('rmmod-hangs')
    scenario.deadline()
    await scenario.until('failed')
    expect(scenario.log().match(/hangs inside the kernel: only a reboot/g)).toHaveLength(1)
    expect(await scenario.ending()).toEqual(['failed'])
    expect(scenario.manual()).toContain('only a reboot ends it')
    // A reboot does end it, and brings the old driver; what is left is to say so.
    scenario.host.mend()
    await scenario.host.boot()
    expect(await scenario.host.tx(id, 'rollback')).toMatchObject({ code: 0 })
    expect(await scenario.ending()).toEqual(['rolled-back'])
  })

  it('is called failed when a setting is said to be back and is not', async () => {
    scenario = await (await Scenario.start()).to('tried')
    scenario.host.fault('ethtool-lies')
    scenario.deadline()
    // It is looked at for half a minute, and tried three times.
    for (const tries of [1, 2, 3]) {
      await scenario.untilLog(/ 01 undo *\n/g, tries)
      scenario.host.clock.leap(35)
    }
    expect(await scenario.ending()).toEqual(['failed'])
    expect(scenario.manual()).toMatch(/eno1 says autoneg off .*, had autoneg on/)
    expect(scenario.manual()).toMatch(/ethtool -A eno1 autoneg on/)
  })
})
