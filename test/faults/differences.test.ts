import { renameSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { Scenario, id } from './scenario.ts'

let scenario: Scenario
afterEach(() => scenario.end())

/** From now on ip does not take commands like that. */
function refuse(pattern: string): void {
  renameSync(scenario.path('/usr/sbin/ip'), scenario.path('/usr/sbin/ip.real'))
  scenario.tool('ip', `case "$*" in ${pattern}) exit 2 ;; esac`, 'exec /usr/sbin/ip.real "$@"')
}

const mend = () => renameSync(scenario.path('/usr/sbin/ip.real'), scenario.path('/usr/sbin/ip'))

const ask = async (words: string) => (await scenario.host.run(words)).stdout

describe('what a swap has not brought back', () => {
  it.each([
    ['its address', '', '"addr add"*', 'eno3 lacks address 10.0.3.15/24'],
    [
      'its route',
      'ip -4 route add 10.9.0.0/16 via 10.0.3.2 dev eno3',
      '*"route add"*',
      'eno3 lacks route 10.9.0.0/16 via 10.0.3.2',
    ],
    [
      'the route of its lease',
      'ip -4 route add 10.8.0.0/16 via 10.0.3.2 proto dhcp metric 1002 dev eno3',
      '"never"',
      'eno3 lacks route 10.8.0.0/16 via 10.0.3.2, which came with its lease',
    ],
    ['its MTU', 'ip link set eno3 mtu 9000', '*mtu*', 'eno3 has mtu 1500, had 9000'],
    [
      'its bridge',
      'mkdir /sys/class/net/br0; ln -s /sys/class/net/br0 /sys/class/net/eno3/master',
      '*master*',
      'eno3 is a port of nothing, was of br0',
    ],
  ])('is told, and the driver is taken back: %s', async (_, change, refused, words) => {
    scenario = await (await Scenario.start({ playbook: 'i40e-upgrade' })).to('ready')
    await scenario.host.run(change)
    refuse(refused)
    await scenario.host.tx(id, 'fire')
    await scenario.until('rollback')
    expect(scenario.log()).toContain(words)
    mend()
  })

  it('is no route that is there again, made by another program', async () => {
    scenario = await (await Scenario.start({ playbook: 'i40e-upgrade' })).to('ready')
    const add = 'ip -4 route add 10.9.0.0/16 via 10.0.3.2'
    await scenario.host.run(`${add} dev eno3`)
    renameSync(scenario.path('/usr/sbin/ifup'), scenario.path('/usr/sbin/ifup.real'))
    scenario.tool('ifup', '/usr/sbin/ifup.real "$@"', `${add} proto static dev eno3`)
    await scenario.to('tried')
    expect(await ask('ip -4 route show dev eno3')).toContain(
      '10.9.0.0/16 via 10.0.3.2 proto static',
    )
  })

  it('is an address of a port that is down, too', async () => {
    scenario = await (await Scenario.start({ playbook: 'i40e-upgrade' })).to('ready')
    await scenario.host.run('ip link set eno3 down')
    await scenario.to('tried')
    expect(await ask('ip -o addr show dev eno3')).toContain('10.0.3.15/24')
    expect(await ask('ip -o link show dev eno3')).not.toMatch(/[<,]UP[,>]/)
  })
})
