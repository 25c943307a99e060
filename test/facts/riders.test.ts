import { execFileSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { prelude } from '../../src/facts/prelude.ts'
import { restorableQueues, riders } from '../../src/facts/riders.ts'
import { hostScript } from '../../src/host/script.ts'

// As a Debian 12 host prints it: a bridge with a port and a guest, a VLAN on the other port, a container with a macvlan.
const body = `
index eno1 2
index eno2 3
index eno2.20 7
index lo 1
index tap100i0 9
index vmbr0 5
layer eno2.20
lower eno2
layer lo
layer tap100i0
layer vmbr0
lower eno1
lower tap100i0
lower eno1
here 1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536\\    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00 promiscuity 0
here 2: eno1: <BROADCAST> mtu 1500 master vmbr0\\    link/ether 52:54:00:00:00:01 brd ff:ff:ff:ff:ff:ff promiscuity 1 \\    bridge_slave state forwarding \\    altname enp1s0
here 7: eno2.20@eno2: <BROADCAST> mtu 1500\\    link/ether 52:54:00:00:00:02 brd ff:ff:ff:ff:ff:ff \\    vlan protocol 802.1Q id 20 <REORDER_HDR> \\    bridge_slave state forwarding
here 9: tap100i0: <BROADCAST> mtu 1500 master vmbr0\\    link/ether 52:54:00:00:00:09 brd ff:ff:ff:ff:ff:ff promiscuity 1 \\    tun type tap pi off \\    bridge_slave state forwarding
here 5: vmbr0: <BROADCAST> mtu 1500\\    link/ether 52:54:00:00:00:01 brd ff:ff:ff:ff:ff:ff promiscuity 0 \\    bridge forward_delay 0
tc qdisc noqueue 0: dev lo root refcnt 2
tc qdisc htb 1: dev eno1 root refcnt 2 r2q 10 default 0x10 direct_packets_stat 0 direct_qlen 1000
tc qdisc fq_codel 8001: dev eno2 root refcnt 2 limit 10240p flows 1024 quantum 1514
tc qdisc ingress ffff: dev eno2 parent ffff:fff1 ----------------
route 10.9.0.0/16 \\\tnexthop via 10.0.2.2 dev eno1 weight 1 \\\tnexthop via 10.0.3.2 dev eno2 weight 1
space sleep
link 1: lo: <LOOPBACK> mtu 65536 qdisc noop state DOWN mode DEFAULT group default qlen 1000\\    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00 promiscuity 0
link 10: eth0@if3: <BROADCAST,MULTICAST> mtu 1500 qdisc noop state DOWN mode DEFAULT group default qlen 1000\\    link/ether 4a:6f:1d:2c:11:02 brd ff:ff:ff:ff:ff:ff link-netnsid 0 promiscuity 0  allmulti 0 minmtu 68 maxmtu 9216 \\    macvlan mode bridge bcqueuelen 1000 usedbcqueuelen 1000 addrgenmode eui64
link 12: eth1@if11: <BROADCAST,MULTICAST> mtu 1500 qdisc noop state DOWN mode DEFAULT group default qlen 1000\\    link/ether 4a:6f:1d:2c:11:03 brd ff:ff:ff:ff:ff:ff link-netnsid 0 promiscuity 0 \\    veth addrgenmode eui64
space /run/netns/blue
link 13: v30@if3: <BROADCAST,MULTICAST> mtu 1500\\    link/ether 52:54:00:00:00:01 brd ff:ff:ff:ff:ff:ff link-netnsid 0 promiscuity 0 \\    vlan protocol 802.1Q id 30 <REORDER_HDR> addrgenmode eui64
daemon corosync
daemon corosync
mount /mnt/two\\040words
`

describe('what goes down with a port', () => {
  test('is told apart from what only has its other end over here', () => {
    expect(riders.parse(body)).toEqual({
      layers: {
        'eno2.20': { kind: 'vlan', lowers: ['eno2'] },
        lo: { kind: '', lowers: [] },
        tap100i0: { kind: 'tun', lowers: [] },
        vmbr0: { kind: 'bridge', lowers: ['eno1', 'tap100i0'] },
      },
      elsewhere: [
        { device: 'eth0', kind: 'macvlan', on: 'eno2', where: 'sleep' },
        { device: 'v30', kind: 'vlan', on: 'eno2', where: '/run/netns/blue' },
      ],
      unrestorable: [
        { device: 'eno1', what: 'queueing discipline htb' },
        { device: 'eno2', what: 'queueing discipline ingress' },
        { device: 'eno1', what: 'route 10.9.0.0/16 over several ports' },
        { device: 'eno2', what: 'route 10.9.0.0/16 over several ports' },
      ],
      clusterDaemons: ['corosync'],
      networkMounts: ['/mnt/two words'],
    })
  })

  test('the host script puts back the same queueing disciplines that a plan lets through', () => {
    const [line = ''] = /^ +'' \| "root ".*$/m.exec(hostScript()) ?? []
    expect(Array.from(line.matchAll(/" (\w+) "/g), ([, kind]) => kind)).toEqual(restorableQueues)
  })

  // A network of our own: this machine's kernel has bridges and pairs of virtual ports, if nothing else.
  test('is found in the network of a real kernel', () => {
    const network = `
      ip link add vmbr0 type bridge && ip link add v0 type veth peer name v1 && ip link set v0 master vmbr0 || exit 1
      ip link set vmbr0 up`
    const script = `${network}\n${prelude}\n${riders.command}`
    const stdout = execFileSync(
      'unshare',
      ['-n', '-m', 'sh', '-c', `mount -t sysfs none /sys && ${script}`],
      {
        encoding: 'utf8',
      },
    )
    const { layers } = riders.parse(stdout)
    expect(layers).toMatchObject({ vmbr0: { kind: 'bridge', lowers: ['v0'] } })
  })
})
