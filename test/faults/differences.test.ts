import { renameSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { pause } from '../host/sim/ran.ts'
import { Scenario, id } from './scenario.ts'

let scenario: Scenario
afterEach(() => scenario.end())

/** From now on ip does not take commands like that. */
function refuse(pattern: string): void {
  renameSync(scenario.path('/usr/sbin/ip'), scenario.path('/usr/sbin/ip.real'))
  scenario.tool('ip', `case "$*" in ${pattern}) exit 2 ;; esac`, 'exec /usr/sbin/ip.real "$@"')
}

/** Done once, when the old driver has gone. */
function whileItIsAway(words: string): void {
  renameSync(scenario.path('/usr/sbin/insmod'), scenario.path('/usr/sbin/insmod.real'))
  const once = `[ -e /control/away ] || { : >/control/away; ${words}; }`
  scenario.tool('insmod', once, 'exec /usr/sbin/insmod.real "$@"')
}

/** A VLAN on eno3 that stays when its port goes; the real one would go, and be made anew. */
async function addVlan(): Promise<void> {
  const [vlan, port] = ['/sys/class/net/eno3.20', '/sys/class/net/eno3']
  await scenario.host.run(
    `echo 20 >/control/vlan; cp -r $(readlink -f ${port}) ${vlan}; cp -r /kernel/net/eno3 /kernel/net/eno3.20; : >/kernel/net/eno3.20/addresses; : >/kernel/net/eno3.20/routes; ln -s ${vlan} ${port}/upper_eno3.20`,
  )
  const said =
    'echo "5: eno3.20@eno3: <UP,LOWER_UP> mtu 1500 \\\\    vlan protocol 802.1Q id $(cat /control/vlan) <REORDER_HDR> addrgenmode eui64"'
  refuse(`"-d -o link show dev eno3.20") ${said}; exit ;; "link add"*`)
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

  it.each([
    ['is gone', 'rm -rf /sys/class/net/eno3.20', 'eno3.20 is gone'],
    [
      'has another number',
      'echo 30 >/control/vlan',
      'eno3.20 is vlan proto 802.1Q id 30, was vlan proto 802.1Q id 20',
    ],
  ])('is told, and the driver is taken back: a VLAN on it that %s', async (_, change, words) => {
    scenario = await (await Scenario.start({ playbook: 'i40e-upgrade' })).to('built')
    await addVlan()
    await scenario.to('ready')
    whileItIsAway(change)
    await scenario.host.tx(id, 'fire')
    await scenario.until('rollback')
    expect(scenario.log()).toContain(words)
  })

  it('is told, and the driver is taken back: the address of its bond', async () => {
    scenario = await (await Scenario.start({ playbook: 'i40e-upgrade' })).to('ready')
    const [bond, port] = ['/sys/class/net/bond0', '/sys/class/net/eno3']
    await scenario.host.run(
      `mkdir -p ${bond}/bonding /kernel/net/bond0; echo 02:00:00:00:00:01 >${bond}/address; cp /kernel/net/eno3/* /kernel/net/bond0/; mkdir ${port}/bonding_slave; ln -s ${bond} ${port}/master`,
    )
    // A new port, which is in the bond again, and the bond has another address now.
    whileItIsAway(`echo 02:00:00:00:00:99 >${bond}/address`)
    refuse(
      `*"eno3 master"*) mkdir -p ${port}/bonding_slave; ln -s ${bond} ${port}/master; exit ;; never`,
    )
    await scenario.host.tx(id, 'fire')
    await scenario.until('rollback')
    expect(scenario.log()).toContain(
      'bond0 has MAC address 02:00:00:00:00:99, had 02:00:00:00:00:01',
    )
  })

  it('is told, and the driver is taken back: an address by DHCP', async () => {
    scenario = await (await Scenario.start({ playbook: 'i40e-upgrade' })).to('ready')
    const lease = 'echo "4: eno3    inet 10.0.3.77/24 scope global dynamic eno3"'
    refuse(`*"eno3 dynamic"*) [ -e /control/away ] || ${lease}; exit ;; never`)
    whileItIsAway(':')
    await scenario.host.tx(id, 'fire')
    while (scenario.state !== 'rollback') {
      await pause(100)
      scenario.host.clock.leap(5)
    }
    expect(scenario.log()).toContain('eno3 has no address by DHCP, had 10.0.3.77/24')
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
