import { afterEach, describe, expect, it } from 'vitest'
import { Scenario } from './scenario.ts'

let scenario: Scenario
afterEach(() => scenario.end())

describe.each(['offload-off', 'ring-max', 'e1000e-flow-control-off'] as const)('%s', playbook => {
  it('is kept once it is confirmed, and taken back with its line when it is asked for', async () => {
    scenario = await Scenario.start({ playbook })
    await scenario.to('tried')
    await scenario.confirm()
    expect(await scenario.ending()).toEqual(['committed'])
    await scenario.host.tx('20260101-0000-aaaa', 'rollback')
    expect(await scenario.ending()).toEqual(['rolled-back'])
  })

  it('goes back by itself when nobody confirms it', async () => {
    scenario = await Scenario.start({ playbook })
    await scenario.to('tried')
    scenario.deadline()
    expect(await scenario.ending()).toEqual(['rolled-back'])
  })

  it('goes back at once when the port does not take it', async () => {
    scenario = await Scenario.start({ playbook })
    const lie = 'case $1 in -A | -K | -G) exit 0 ;; esac; exec /usr/sbin/ethtool.real "$@"'
    await scenario.host.run('cp /usr/sbin/ethtool /usr/sbin/ethtool.real')
    scenario.tool('ethtool', lie)
    await scenario.to('ready')
    await scenario.host.tx('20260101-0000-aaaa', 'fire')
    expect(await scenario.ending()).toEqual(['rolled-back'])
    expect(scenario.log()).toMatch(/ failed eno1 says .*, expected /)
  })
})
