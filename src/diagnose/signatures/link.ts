import { intel, is, linux, rises, says } from './signature.ts'
import type { Signature } from './signature.ts'

const phy = linux('drivers/net/phy/phy.c')
const statistics = linux('include/uapi/linux/if_link.h')

/** What happens on the wire. A driver is never built anew for these first. */
export const linkSignatures: readonly Signature[] = [
  {
    id: 'crc-errors',
    stage: 'link',
    weight: 'finding',
    title: 'frames arrive damaged (CRC errors)',
    symptoms: [rises('crc')],
    cause:
      'Layer 1: cable, connector, optics, the port of the switch, or a duplex that differs. No driver makes CRC errors.',
    advice: [
      'Another cable or fibre, clean the connector; then another port of the switch.',
      'Compare both ends: `ethtool {name}` here, speed, duplex and errors on the switch.',
      'Optics: `ethtool -m {name}` for the received power.',
    ],
    sources: [statistics],
  },
  {
    id: 'alignment-errors',
    stage: 'link',
    weight: 'finding',
    title: 'frames arrive that do not end on a byte',
    symptoms: [rises('alignment')],
    cause: 'Layer 1, as with CRC errors; at 10 and 100 Mb/s mostly a duplex that differs.',
    advice: ['Duplex of both ends: `ethtool {name}` and the switch; then the cable.'],
    sources: [statistics],
  },
  {
    id: 'symbol-errors',
    stage: 'link',
    weight: 'finding',
    title: 'the receiver cannot make out symbols on the wire',
    symptoms: [rises('symbol')],
    cause: 'The signal is poor: cable, optics, or the wrong FEC on one end.',
    advice: ['Cable or optics; `ethtool --show-fec {name}` has to agree with the switch.'],
    sources: [linux('Documentation/networking/statistics.rst')],
  },
  {
    id: 'link-faults',
    stage: 'link',
    weight: 'finding',
    title: 'one end tells the other that it does not hear it (local and remote faults)',
    symptoms: [rises('fault')],
    cause: 'One direction of the link is interrupted: fibre, optics, or the other end being reset.',
    advice: [
      'Swap the fibre pair or the optics; a local fault is about what arrives here, a remote one about what arrives there.',
    ],
    sources: [intel('i40e', 'i40e_ethtool.c')],
  },
  {
    id: 'fec-uncorrectable',
    stage: 'link',
    weight: 'finding',
    title: 'FEC could not correct what arrived',
    symptoms: [rises('fec')],
    cause: 'More bits are wrong than the code can mend: optics, cable length, dirt.',
    advice: [
      'Clean or change optics and cable; `ethtool -m {name}` for the power, `ethtool --show-fec {name}` for the mode.',
    ],
    sources: [linux('Documentation/networking/statistics.rst')],
  },
  {
    id: 'half-duplex',
    stage: 'link',
    weight: 'finding',
    title: 'the link runs at half duplex',
    symptoms: [
      is('half-duplex'),
      says(
        ['Autonegotiated half duplex', 'Half Duplex', 'half duplex', '/Half'],
        /(?:Autonegotiated half duplex but link partner cannot autoneg|Link is Up,? .*Half Duplex|Link is up at \d+ Mbps, half duplex|Link is Up - \d+\w+\/Half|Link is Up, \d+ Mbps half duplex)/i,
      ),
    ],
    cause:
      'One end is set by hand and the other negotiates: it hears no partner, and has to take half duplex.',
    advice: [
      'Set the switch port to autonegotiation. Never force only one end.',
      'At half duplex pause frames are off by the standard, and collisions are ordinary.',
    ],
    sources: [intel('e1000e', 'netdev.c'), phy],
  },
  {
    id: 'late-collisions',
    stage: 'link',
    weight: 'finding',
    title: 'frames collide late',
    symptoms: [rises('late-collision')],
    cause: 'The other end sends when it likes: it runs at full duplex, this one at half.',
    advice: ['Set both ends to autonegotiation.'],
    sources: [statistics],
  },
  {
    id: 'link-downgraded',
    stage: 'link',
    weight: 'finding',
    title: 'the link came up slower than both ends can (SmartSpeed, downshift)',
    symptoms: [
      says(
        ['downgraded by SmartSpeed', 'Downshift occurred'],
        /(?:Link Speed was downgraded by SmartSpeed|Downshift occurred from negotiated speed)/,
      ),
    ],
    cause: 'Gigabit needs all four pairs, and at least one is bad: the PHY falls back to 100 Mb/s.',
    advice: [
      'Another cable, at least of category 5e; `ethtool --cable-test {name}` where the PHY can do that.',
    ],
    sources: [intel('e1000e', 'netdev.c'), linux('drivers/net/phy/phy-core.c')],
  },
  {
    id: 'optics',
    stage: 'link',
    weight: 'finding',
    title: 'the module in the cage is one that the adapter does not take, or cannot read',
    symptoms: [
      says(
        [
          'module type was detected',
          'unqualified',
          'Unqualified',
          'Cable error',
          'module does not meet',
        ],
        /(?:unsupported (?:SFP\+?|QSFP|SFP\+ or QSFP)?\s?module type was detected|unqualified (?:SFP|QSFP|module)|Port module event\[?(?:error)?\]?: module \d+, Cable error|module does not meet thermal requirements)/i,
      ),
    ],
    cause:
      'Another maker’s coding, a broken module, or one that needs more power than the cage gives.',
    advice: [
      'A module from the list of the adapter’s maker; `ethtool -m {name}` says what is in there.',
    ],
    sources: [
      intel('ixgbe'),
      intel('i40e'),
      linux('drivers/net/ethernet/mellanox/mlx5/core/events.c'),
    ],
  },
  {
    id: 'link-flaps',
    stage: 'link',
    weight: 'finding',
    title: 'the link goes down and comes back by itself',
    symptoms: [
      {
        ...says(
          ['Link is Down', 'Link is down', 'Link down', 'Link Down', 'link down'],
          /^(?:NIC (?:Copper |SerDes |Remote Fiber )?Link is Down|(?:\S+: )?\S+ NIC Link is Down|Link is [Dd]own|[Ll]ink [Dd]own|Port \d+ Link Down)/,
        ),
        least: 3,
      },
      rises('carrier', { least: 2 }),
    ],
    explainedBy: [
      'pause-flaps',
      'e1000e-hang',
      'e1000-hang',
      'igb-hang',
      'ixgbe-hang',
      'i40e-timeout',
      'tx-timeout',
      'adapter-reset',
      'pcie-link-lost',
    ],
    cause:
      'Cable, connector, the port of the switch, or energy-efficient Ethernet. The switch going down for its own reasons looks the same from here.',
    advice: [
      'The log of the switch for the same seconds: did it see the link go, or take it down?',
      'Another cable, then another port of the switch.',
      'Energy-efficient Ethernet: `ethtool --show-eee {name}`; where it says active, try the playbook eee-off.',
      'Flow control only where pause frames are seen to be exchanged: `ethtool -S {name} | grep -iE "xo(n|ff)|pause"` twice. It is `ethtool -A`; `ethtool -K … rx off tx off` takes the checksums away instead.',
    ],
    sources: [intel('e1000e', 'netdev.c'), phy],
  },
  {
    id: 'eee-flaps',
    stage: 'link',
    weight: 'finding',
    title: 'the link goes down by itself, and energy-efficient Ethernet is active',
    symptoms: [is('eee-active')],
    with: ['link-flaps'],
    cause:
      'Some pairs of PHYs lose each other when they wake up. Cable and switch port are the cause more often.',
    advice: [
      'Cable and switch port first, as above.',
      'Then energy-efficient Ethernet off, here or on the switch.',
    ],
    offers: [
      {
        playbook: 'eee-off',
        vars: { nic: '{name}' },
        after: 'cable and port of the switch come first',
      },
    ],
    sources: [linux('Documentation/networking/ethtool-netlink.rst')],
  },
  {
    id: 'pause-flaps',
    stage: 'pause',
    weight: 'finding',
    title: 'the link goes down by itself, and pause frames are exchanged',
    drivers: ['e1000e', 'igb'],
    // One or two may be of the switch being reset.
    symptoms: [rises('pause', { least: 10 })],
    with: ['link-flaps'],
    cause:
      'A partner that does not stop pausing holds the transmitter until the driver resets the port.',
    advice: [
      'Flow control off on this port. It is `ethtool -A`, with autoneg off as well; `ethtool -K` is offload.',
      'Set the port of the switch alike: pausing is agreed between both ends.',
    ],
    offers: [{ playbook: 'e1000e-flow-control-off', drivers: ['e1000e'] }],
    sources: [intel('e1000e', 'ethtool.c'), 'IEEE 802.3, annex 31B'],
  },
  {
    id: 'pause-flood',
    stage: 'other',
    weight: 'note',
    title: 'pause frames are exchanged',
    explainedBy: ['pause-flaps'],
    symptoms: [rises('pause')],
    cause:
      'Flow control does its work: one end asks the other to wait. No fault as long as the link stays and nothing times out.',
    advice: [
      'Who asks? Received ones: the switch or what is behind it is slow. Sent ones: this host does not fetch its frames in time.',
      'i40e: leave it as it is. Intel’s README names switching flow control off under load as a cause of transmit hangs.',
    ],
    sources: [intel('e1000e', 'ethtool.c'), 'https://github.com/intel/ethernet-linux-i40e'],
  },
  {
    id: 'tx-carrier-errors',
    stage: 'link',
    weight: 'finding',
    title: 'the carrier is lost while frames are sent',
    symptoms: [rises('tx-carrier')],
    cause:
      'The link breaks off in the midst of frames: cable, connector, or a duplex that differs.',
    advice: ['Cable and connector; duplex of both ends.'],
    sources: [statistics],
  },
  {
    id: 'loop',
    stage: 'link',
    weight: 'finding',
    title: 'frames of this host come back to it: there is a loop in the network',
    symptoms: [
      says(
        'own address as source address',
        /received packet on \S+ with own address as source address/,
      ),
    ],
    cause:
      'Two ways to the same switch without spanning tree, or a bond that the switch does not know of. Also one address given to two guests.',
    advice: [
      'Spanning tree or LACP on the switch; the MAC address in the line says whose frame it was.',
    ],
    sources: [linux('net/bridge/br_fdb.c')],
  },
]
