/** How a host hangs on its network, made on a lab host by hand or by its own files; each is lost or kept by a swap as a whole. */
export type Topology = {
  readonly name: string
  /** Lab host that it is made on: lan-ports has two ports of e1000e, on one cable. */
  readonly on: 'two-ports' | 'lan-ports'
  /** Shell commands, as root, past the network. */
  readonly setUp: string
  /** Run always, or only by `npm run test:lab -- --all`. */
  readonly always: boolean
  /** Whether the plan refuses it, and the words that it does it with. */
  readonly refused?: RegExp
  /** A risk that has to be accepted for it. */
  readonly accept?: string
  /** It is made by files alone, so that a boot makes it again. */
  readonly lasting?: true
  /** A package that it takes, of those that lie in the image of Debian 12. */
  readonly needs?: 'ifupdown2' | 'network-manager'
}

const interfaces = (...stanzas: string[]) => `cat >/etc/network/interfaces <<'END'
auto lo
iface lo inet loopback

${stanzas.join('\n\n')}
END`

const staticEno1 = `auto eno1
iface eno1 inet static
    address 10.0.2.15/24
    gateway 10.0.2.2`

const staticEno3 = `auto eno3
iface eno3 inet static
    address 10.0.3.15/24`

// Each needs another one to be there first, and it takes the place of ifupdown.
const ifupdown2 = `dpkg -i -B --force-depends /var/lib/lab/debs/ifupdown2/*.deb
  dpkg --configure -a`

const tuned = `
  ethtool -K eno1 tso off
  ethtool -G eno1 rx 512
  ethtool -C eno1 rx-usecs 30
  ethtool -A eno1 autoneg off rx off tx off
  ethtool -s eno1 wol d
  tc qdisc replace dev eno1 root handle 1: pfifo limit 50
  ip link set eno1 promisc on
  ip link set eno1 txqueuelen 500
  ip link set eno1 alias 'to sw1, port 7'
  echo 1 >/proc/sys/net/ipv4/conf/eno1/proxy_arp`

const bridge = `
  ${interfaces(
    'iface eno1 inet manual',
    `auto vmbr0
iface vmbr0 inet static
    address 10.0.2.15/24
    gateway 10.0.2.2
    bridge_ports eno1
    bridge_stp off
    bridge_fd 0`,
  )}
  ip addr flush dev eno1
  ifup vmbr0
  ip link add veth0 type veth peer name veth1
  ip link set veth0 master vmbr0 up
  ip link set veth1 up`

const bond = `
  ${interfaces(
    `auto bond0
iface bond0 inet static
    address 10.0.2.15/24
    gateway 10.0.2.2
    bond-slaves eno1 eno2
    bond-mode active-backup
    bond-miimon 100
    bond-primary eno2`,
  )}
  ifdown --force eno1
  ip addr flush dev eno1
  ifup bond0
  for try in 1 2 3 4 5 6 7 8 9; do [ "$(cat /sys/class/net/bond0/bonding/active_slave)" = eno2 ] || sleep 1; done`

export const topologies: readonly Topology[] = [
  {
    name: 'a static address, with routes, a rule, a second table, and every setting changed',
    on: 'two-ports',
    always: true,
    setUp: `${tuned}
  ip route add 10.99.0.0/16 via 10.0.2.2 dev eno1 metric 50
  ip route add 10.98.0.0/16 via 10.0.2.3 dev eno1 table 100
  ip rule add from 10.0.2.15 iif eno1 table 100 priority 500
  ip addr add 10.0.2.16/24 dev eno1
  ip -6 addr add 2001:db8::5/64 dev eno1
  ip -6 route add 2001:db8:99::/48 via 2001:db8::1 dev eno1
  ip neigh add 10.0.2.77 lladdr 02:00:00:00:00:77 nud permanent dev eno1`,
  },
  {
    name: 'a bridge that knows VLANs, with a guest beside the port',
    on: 'two-ports',
    always: true,
    setUp: `${bridge}
  ip link set vmbr0 type bridge vlan_filtering 1
  bridge vlan add dev eno1 vid 2-4094
  bridge fdb add 02:00:00:00:00:42 dev eno1 master static vlan 5
  echo 17 >/sys/class/net/eno1/brport/priority`,
  },
  {
    name: 'VLANs, one on another, one in a bridge, and a macvlan',
    on: 'two-ports',
    always: true,
    setUp: `
  ip link add link eno1 name eno1.20 type vlan id 20 egress-qos-map 1:2 2:3
  ip addr add 10.20.0.1/24 dev eno1.20
  ip link set eno1.20 mtu 1400 up
  ip neigh add 10.20.0.9 lladdr 02:00:00:00:00:98 nud permanent dev eno1.20
  echo 2 >/proc/sys/net/ipv4/conf/eno1.20/rp_filter
  ip route add 10.98.0.0/16 via 10.20.0.2 dev eno1.20 table 100
  ip rule add from 10.20.0.1 iif eno1.20 table 100 priority 501
  ip link add link eno1.20 name eno1.20.30 type vlan proto 802.1ad id 30 reorder_hdr off
  ip addr add 10.30.0.1/24 dev eno1.20.30
  ip link set eno1.20.30 up
  ip link add link eno1 name mv0 type macvlan mode private
  ip addr add 10.0.2.99/24 dev mv0
  ip link set mv0 up
  ip link add br5 type bridge
  ip link set br5 up
  ip link add link eno1 name eno1.5 type vlan id 5
  ip link set eno1.5 master br5 up
  ip addr add 10.5.0.1/24 dev br5`,
  },
  {
    name: 'an address by DHCP',
    on: 'two-ports',
    always: true,
    lasting: true,
    setUp: `
  ${interfaces('auto eno1\niface eno1 inet dhcp', staticEno3)}
  ifdown --force eno1
  ip addr flush dev eno1
  ifup eno1`,
  },
  {
    name: 'a bond over both ports of the driver, with a VLAN on it and that in a bridge',
    on: 'lan-ports',
    always: true,
    accept: 'last-bond-member',
    setUp: `${bond}
  ip link add link bond0 name bond0.20 type vlan id 20
  ip link add vmbr20 type bridge
  ip link set bond0.20 master vmbr20 up
  ip link set vmbr20 up
  ip addr add 10.20.0.1/24 dev vmbr20`,
  },
  {
    name: 'two ports of the driver, each with an address',
    on: 'lan-ports',
    always: true,
    setUp: `
  ${interfaces(staticEno1, 'auto eno2\niface eno2 inet static\n    address 10.7.0.1/24\n    mtu 1400')}
  ifup eno2
  ip route add 10.97.0.0/16 via 10.7.0.2 dev eno2`,
  },
  {
    name: 'VLANs of /etc/network/interfaces, one of them the port of a bridge',
    on: 'two-ports',
    always: false,
    lasting: true,
    setUp: `
  ${interfaces(
    staticEno1,
    `auto eno1.20
iface eno1.20 inet static
    address 10.20.0.1/24
    up ip route add 10.96.0.0/16 via 10.20.0.2 dev eno1.20`,
    `auto eno1.30
iface eno1.30 inet manual`,
    `auto vmbr30
iface vmbr30 inet static
    address 10.30.0.1/24
    bridge_ports eno1.30
    bridge_stp off
    bridge_fd 0`,
    staticEno3,
  )}
  ifup eno1.20 eno1.30 vmbr30`,
  },
  {
    name: 'systemd-networkd, which makes the VLAN itself',
    on: 'two-ports',
    always: false,
    lasting: true,
    setUp: `
  ifdown --force eno1
  ip addr flush dev eno1
  ${interfaces(staticEno3)}
  cd /etc/systemd/network
  printf '[Match]\\nName=eno1\\n[Network]\\nAddress=10.0.2.15/24\\nGateway=10.0.2.2\\nVLAN=eno1.20\\n' >20-eno1.network
  printf '[NetDev]\\nName=eno1.20\\nKind=vlan\\n[VLAN]\\nId=20\\n' >30-eno1.20.netdev
  printf '[Match]\\nName=eno1.20\\n[Network]\\nAddress=10.20.0.1/24\\n' >30-eno1.20.network
  systemctl enable --now systemd-networkd
  for try in 1 2 3 4 5 6 7 8 9; do networkctl --no-legend list eno1.20 | grep -q routable || sleep 1; done`,
  },
  {
    name: 'NetworkManager, with a VLAN',
    on: 'two-ports',
    always: false,
    lasting: true,
    needs: 'network-manager',
    setUp: `
  dpkg -i /var/lib/lab/debs/network-manager/*.deb
  sed -i /^eno1=/d /run/network/ifstate
  ip addr flush dev eno1
  ${interfaces(staticEno3)}
  cd /etc/NetworkManager/system-connections
  printf '[connection]\\nid=lan\\nuuid=%s\\ntype=ethernet\\ninterface-name=eno1\\n' $(cat /proc/sys/kernel/random/uuid) >lan.nmconnection
  printf '[ipv4]\\nmethod=manual\\naddress1=10.0.2.15/24,10.0.2.2\\nroute1=10.95.0.0/16,10.0.2.3\\n' >>lan.nmconnection
  printf '[connection]\\nid=vlan\\nuuid=%s\\ntype=vlan\\ninterface-name=eno1.20\\n' $(cat /proc/sys/kernel/random/uuid) >vlan.nmconnection
  printf '[vlan]\\nid=20\\nparent=eno1\\n[ipv4]\\nmethod=manual\\naddress1=10.20.0.1/24\\n' >>vlan.nmconnection
  chmod 600 lan.nmconnection vlan.nmconnection
  systemctl restart NetworkManager
  for try in 1 2 3 4 5 6 7 8 9; do nmcli -t -f GENERAL.STATE device show eno1.20 | grep -q :100 || sleep 1; done`,
  },
  {
    name: 'ifupdown2, a bridge that knows VLANs',
    on: 'two-ports',
    always: false,
    lasting: true,
    needs: 'ifupdown2',
    setUp: `
  ${ifupdown2}
  ${interfaces(
    'iface eno1 inet manual',
    `auto vmbr0
iface vmbr0 inet static
    address 10.0.2.15/24
    gateway 10.0.2.2
    bridge-ports eno1
    bridge-stp off
    bridge-fd 0
    bridge-vlan-aware yes
    bridge-vids 2-4094`,
    staticEno3,
  )}
  ip -4 addr flush dev eno1
  ip -4 addr flush dev eno3
  ifreload -a`,
  },
  {
    name: 'ifupdown2, a static address and a VLAN',
    on: 'two-ports',
    always: false,
    lasting: true,
    needs: 'ifupdown2',
    setUp: `
  ${ifupdown2}
  ${interfaces(staticEno1, 'auto eno1.20\niface eno1.20\n    address 10.20.0.1/24', staticEno3)}
  ip -4 addr flush dev eno1
  ip -4 addr flush dev eno3
  ifreload -a`,
  },
  {
    name: 'a container with a macvlan of its own',
    on: 'two-ports',
    always: true,
    refused:
      /condition {2}child-elsewhere\n {2}found {6}macvlan mv0 on eno1 \(\/run\/netns\/blue\)/,
    setUp: `
  ip netns add blue
  ip link add link eno1 name mv0 type macvlan mode bridge
  ip link set mv0 netns blue`,
  },
]

/** Everything of the network that a person could have set, a line each; what the kernel counts or picks is left out. */
export const listNetwork = `
  # A new address is tentative for a second or two (RFC 4862); one on a port without a link stays so.
  for try in 1 2 3 4 5 6 7 8 9 10; do ip -o addr show tentative | grep -q . || break; sleep 1; done
  for nic in $(ls /sys/class/net); do
    {
      ip -d -o link show dev $nic | sed 's/^[0-9]*: //; s/@if[0-9]*//; s/\\(bridge_id\\|designated_[a-z]*\\) [^ ]*//g
        s/[a-z_]*_timer *[0-9.]*//g; s/\\(message_age\\|topology_change[a-z_]*\\|[gt]so_[a-z0-9_]*\\|gro_[a-z0-9_]*\\) *[0-9.]*//g'
      ip -o addr show dev $nic | sed 's/^[0-9]*: //; s/valid_lft.*//; s/ dynamic / /'
      ip neigh show nud permanent dev $nic
      [ ! -d /sys/class/net/$nic/brport ] || bridge -compressvlans vlan show dev $nic
      bridge fdb show dev $nic | grep static
      tc qdisc show dev $nic | sed 's/refcnt [0-9]*//'
      [ ! -d /sys/class/net/$nic/device ] || for option in -a -g -k -c -l --show-priv-flags ''; do ethtool $option $nic; done
      grep -s . /proc/sys/net/ipv[46]/conf/$nic/* /proc/sys/net/ipv[46]/neigh/$nic/*
      grep -s . /sys/class/net/$nic/bonding/slaves /sys/class/net/$nic/bonding/active_slave /sys/class/net/$nic/bonding/primary
    } 2>/dev/null | sed "s/^[[:blank:]]*//; s/[[:blank:]][[:blank:]]*/ /g; s/ \\$//; s/^/$nic: /"
  done
  ip -4 route show table all | sed '/ proto dhcp/s/ metric [0-9]*//'
  ip -6 route show table all | grep -vE '^(local|multicast|anycast)| proto ra '
  ip rule
  ip -6 rule`
