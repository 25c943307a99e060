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

const twoPorts: Topology = {
  name: 'two-ports',
  x710: true,
  nics: port => [
    '-netdev',
    `user,id=net1,restrict=on,ipv6=off,net=10.0.2.0/24,hostfwd=tcp:127.0.0.1:${port}-10.0.2.15:22`,
    // Only behind a root port does q35 pass the index on, by which udev says eno1.
    '-device',
    'pcie-root-port,id=port1,chassis=1,slot=1',
    '-device',
    'e1000e,id=nic1,netdev=net1,bus=port1,mac=52:54:00:00:00:01,acpi-index=1',
    '-netdev',
    'user,id=net3,restrict=on,ipv6=off,net=10.0.3.0/24',
    '-device',
    'virtio-net-pci,id=nic3,netdev=net3,mac=52:54:00:00:00:e3',
  ],
  links: { eno1: 'nic1', eno3: 'nic3' },
}

/** As above, with a second e1000e on the same cable: a driver that has more than the one port. */
const lanPorts: Topology = {
  name: 'lan-ports',
  x710: true,
  nics: port => [
    '-netdev',
    `user,id=net1,restrict=on,ipv6=off,net=10.0.2.0/24,hostfwd=tcp:127.0.0.1:${port}-10.0.2.15:22`,
    '-netdev',
    'hubport,id=hub0,hubid=0,netdev=net1',
    ...[1, 2].flatMap(at => [
      '-netdev',
      `hubport,id=hub${at},hubid=0`,
      '-device',
      `pcie-root-port,id=port${at},chassis=${at},slot=${at}`,
      '-device',
      `e1000e,id=nic${at},netdev=hub${at},bus=port${at},mac=52:54:00:00:00:0${at},acpi-index=${at}`,
    ]),
    '-netdev',
    'user,id=net3,restrict=on,ipv6=off,net=10.0.3.0/24',
    '-device',
    'virtio-net-pci,id=nic3,netdev=net3,mac=52:54:00:00:00:e3',
  ],
  links: { eno1: 'nic1', eno2: 'nic2', eno3: 'nic3' },
}

const hosts: Readonly<Record<string, Topology>> = { h1: twoPorts, h2: twoPorts, h3: lanPorts }

/** The hosts that the lab has, up or not. */
export const hostNames: readonly string[] = Object.keys(hosts)

export const topologyOf = (host: string): Topology | undefined => hosts[host]
