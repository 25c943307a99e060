import { afterEach, describe, expect, it } from 'vitest'
import { newI40e } from '../host/sim/driver.ts'
import { Scenario, id } from './scenario.ts'

let scenario: Scenario
afterEach(() => scenario.end())

/** A trial of the upgrade on a host where the link of the new driver is like that. */
async function upgradeWith(fault: Parameters<Scenario['host']['fault']>[0]): Promise<void> {
  scenario = await Scenario.start({ playbook: 'i40e-upgrade', confirmWithin: 180 })
  await scenario.to('ready')
  scenario.host.fault(fault, newI40e.version)
}

/** It is tried, and confirmed. Returns the port as it was while it was tried. */
async function keep() {
  await scenario.to('tried')
  const { eno3 } = scenario.host.kernelState().ports
  expect(await scenario.confirm()).toMatchObject({ code: 0 })
  return eno3
}

/** What hung on the port before. */
function hung() {
  const was = scenario.before.kernel.ports['eno3']
  return { mac: was?.mac, addresses: was?.addresses, routes: was?.routes }
}

describe('the port of a new driver', () => {
  it('may take 45 s for its carrier, as behind a switch with spanning tree', async () => {
    await upgradeWith('late-carrier')
    expect(await keep()).toMatchObject({ ...hung(), carrier: true })
    expect(await scenario.ending()).toEqual(['committed'])
    expect(scenario.log()).not.toContain('rolling-back')
  })

  it('may lose its carrier a few times before it stays', async () => {
    await upgradeWith('link-flaps')
    expect(await keep()).toMatchObject(hung())
    expect(await scenario.ending()).toEqual(['committed'])
  })

  it('that the kernel has given another name gets its own back', async () => {
    await upgradeWith('other-name')
    expect(await keep()).toMatchObject(hung())
    expect(await scenario.ending()).toEqual(['committed'])
  })

  it('that does not take its name back is noticed, and taken back', async () => {
    await upgradeWith('other-name')
    await scenario.host.run('mv /usr/sbin/ip /usr/sbin/ip.real')
    scenario.tool('ip', 'case "$*" in *" name "*) exit 2 ;; esac', 'exec /usr/sbin/ip.real "$@"')
    await scenario.host.tx(id, 'fire')
    await scenario.host.settled()
    expect(scenario.log()).toContain('failed eno3 is now called eth7')
    expect(await scenario.ending()).toEqual(['rolled-back'])
  })

  it('that has another MAC address is noticed by its PCI address, and taken back', async () => {
    await upgradeWith('other-mac')
    await scenario.host.tx(id, 'fire')
    await scenario.host.settled()
    expect(scenario.log()).toMatch(/eno3 has MAC address 02:00:00:00:00:77, had \S+/)
    expect(await scenario.ending()).toEqual(['rolled-back'])
  })
})
