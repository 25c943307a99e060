import { afterEach, describe, expect, it } from 'vitest'
import { Scenario, id } from './scenario.ts'

let scenario: Scenario
afterEach(() => scenario.end())

/** An i40e port on which somebody has changed what no plan names. */
async function tuned(): Promise<Scenario> {
  const start = await (await Scenario.start({ playbook: 'i40e-upgrade' })).to('ready')
  await start.host.run('ethtool -C eno3 rx-usecs 30')
  for (const flag of ['LinkPolling', 'vf-true-promisc-support'])
    await start.host.run(`ethtool --set-priv-flags eno3 ${flag} on`)
  return start
}

const ask = async (words: string) => (await scenario.host.run(words)).stdout
const addresses = () => ask('ip -o addr show dev eno3')

describe('a setting that a reload loses', () => {
  it('is put back after the swap, but for one that the new driver does not have', async () => {
    scenario = await tuned()
    await scenario.to('tried')
    expect(await ask('ethtool -c eno3')).toContain('rx-usecs: 30')
    expect(await ask('ethtool --show-priv-flags eno3')).toMatch(/^LinkPolling +: on$/m)
    expect(await ask('ethtool --show-priv-flags eno3')).not.toContain('vf-true')
  })

  it('is put back when the driver is taken back, all of them', async () => {
    scenario = await tuned()
    await scenario.to('tried')
    scenario.deadline()
    expect(await scenario.ending()).toEqual(['rolled-back'])
    expect(await ask('ethtool -c eno3')).toContain('rx-usecs: 30')
    const flags = await ask('ethtool --show-priv-flags eno3')
    expect(flags.match(/: on$/gm)).toHaveLength(2)
  })

  it('is not all that comes: what its files give to a port that had nothing, it keeps', async () => {
    scenario = await (await Scenario.start({ playbook: 'i40e-upgrade' })).to('ready')
    const [, address] = /inet (\S+)/.exec(await addresses()) ?? []
    await scenario.host.run(`ip addr del ${address} dev eno3`)
    expect(await addresses()).toBe('')
    await scenario.step('tried')
    expect(await addresses()).toContain(`inet ${address} `)
  })

  it('takes the driver back when it cannot be put back', async () => {
    scenario = await tuned()
    scenario.host.fault('ethtool-lies')
    await scenario.host.tx(id, 'fire')
    await scenario.until('rollback')
    expect(scenario.log()).toContain('eno3 has not got back its coalesce: rx-usecs 30')
    scenario.host.mend()
    expect(await scenario.ending()).toEqual(['rolled-back'])
  })
})
