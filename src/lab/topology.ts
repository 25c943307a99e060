import type { Release } from './releases.ts'
import { newer, older, standard } from './releases.ts'

/** The NICs of a lab host and the hosts that have them; `image/topologies/` has the matching network configuration. */
export type Topology = {
  readonly name: string
  /** Whether labpci invents an X710, for the i40e stand-in, in this host. */
  readonly x710: boolean
  /** The QEMU arguments for its NICs; ssh is forwarded from `port` of this machine. */
  readonly nics: (port: number) => string[]
  /** The QEMU device to unplug the cable of, by the name the guest gives to the port. */
  readonly links: Readonly<Record<string, string>>
}

/** The network that ssh comes over, as net1. */
const outside = (port: number) => [
  '-netdev',
  `user,id=net1,restrict=on,ipv6=off,net=10.0.2.0/24,hostfwd=tcp:127.0.0.1:${port}-10.0.2.15:22`,
]

/** An e1000e that udev calls eno1, eno2 …: only behind a root port does q35 pass that index on. */
const e1000e = (index: number, netdev: string) => [
  '-device',
  `pcie-root-port,id=port${index},chassis=${index},slot=${index}`,
  '-device',
  `e1000e,id=nic${index},netdev=${netdev},bus=port${index},mac=52:54:00:00:00:0${index},acpi-index=${index}`,
]

/** What the i40e stand-in moves its frames by. */
const underX710 = [
  '-netdev',
  'user,id=net3,restrict=on,ipv6=off,net=10.0.3.0/24',
  '-device',
  'virtio-net-pci,id=nic3,netdev=net3,mac=52:54:00:00:00:e3',
]

const hub = (id: number, ...more: readonly string[]) => [
  '-netdev',
  [`hubport,id=hub${id},hubid=0`, ...more].join(','),
]

const twoPorts: Topology = {
  name: 'two-ports',
  x710: true,
  nics: port => [...outside(port), ...e1000e(1, 'net1'), ...underX710],
  links: { eno1: 'nic1', eno3: 'nic3' },
}

/** As above, with a second e1000e on the same cable: a driver that has more than the one port. */
const lanPorts: Topology = {
  name: 'lan-ports',
  x710: true,
  nics: port => [
    ...outside(port),
    ...hub(0, 'netdev=net1'),
    ...[1, 2].flatMap(index => [...hub(index), ...e1000e(index, `hub${index}`)]),
    ...underX710,
  ],
  links: { eno1: 'nic1', eno2: 'nic2', eno3: 'nic3' },
}

type Host = { readonly topology: Topology; readonly release: Release }

const hosts: Readonly<Record<string, Host>> = {
  h1: { topology: twoPorts, release: standard },
  h2: { topology: twoPorts, release: standard },
  h3: { topology: lanPorts, release: standard },
  h4: { topology: twoPorts, release: older },
  h5: { topology: twoPorts, release: newer },
}

/** The hosts that the lab has, up or not. */
export const hostNames: readonly string[] = Object.keys(hosts)

export const topologyOf = (host: string): Topology | undefined => hosts[host]?.topology

export const releaseOf = (host: string): Release | undefined => hosts[host]?.release
