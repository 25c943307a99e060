import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { planFor } from '../host/sim/fresh.ts'
import { Scenario, id } from './scenario.ts'

let scenario: Scenario
afterEach(() => scenario.end())

describe.each(['offload-off', 'ring-max', 'e1000e-flow-control-off'] as const)('%s', playbook => {
  it('is kept once it is confirmed, and taken back with its line when it is asked for', async () => {
    scenario = await Scenario.start({ playbook })
    await scenario.to('tried')
    await scenario.confirm()
    expect(await scenario.ending()).toEqual(['committed'])
    await scenario.host.tx(id, 'rollback')
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
    await scenario.host.tx(id, 'fire')
    expect(await scenario.ending()).toEqual(['rolled-back'])
    expect(scenario.log()).toMatch(/ failed eno1 says .*, expected /)
  })
})

describe('a run that a later one stands on', () => {
  // Its name sorts before the one of the first: they are told apart by who had the host when.
  const later = '20260101-0000-0000'
  const interfaces = '/etc/network/interfaces'

  /** Keeps the ring as well, in a run of its own, in the same file. */
  async function keepRing(): Promise<void> {
    const { host } = scenario
    const more = { [interfaces]: readFileSync(scenario.path(interfaces), 'utf8') }
    const job = await planFor('ring-max', host.bootId, 60, more)
    const staged = await host.stage({ ...job, over: 'local' }, later)
    expect(staged).toMatchObject({ code: 0 })
    for (const verb of ['build', 'arm', 'fire'] as const) await host.tx(later, verb)
    await host.until(later, 'tried')
    await host.tx(later, 'confirm')
    await host.until(later, 'committed')
    await host.settled()
  }

  it('is not taken back before that one; in turn both are', async () => {
    scenario = await Scenario.start({ playbook: 'offload-off' })
    await scenario.to('tried')
    await scenario.confirm()
    await scenario.until('committed')
    await scenario.host.settled()
    await keepRing()
    const before = { disk: scenario.host.disk(), kernel: scenario.host.kernelState() }
    expect(await scenario.host.tx(id, 'rollback')).toMatchObject({
      code: 7,
      stdout: expect.stringContaining(`later ${later} ${interfaces}\n`),
    })
    await scenario.host.settled()
    expect({ disk: scenario.host.disk(), kernel: scenario.host.kernelState() }).toEqual(before)
    await scenario.host.tx(later, 'rollback')
    await scenario.host.until(later, 'rolled-back')
    await scenario.host.settled()
    expect(await scenario.host.tx(id, 'rollback')).toMatchObject({ code: 0 })
    expect(await scenario.ending()).toEqual(['rolled-back'])
  })
})
