import { intel, is, linux, rises, says } from './signature.ts'
import type { Signature } from './signature.ts'

const statistics = linux('include/uapi/linux/if_link.h')

/** Frames that arrive well and get lost on this host, and what is worth telling beside. */
export const dropSignatures: readonly Signature[] = [
  {
    id: 'ring-full',
    stage: 'drops',
    weight: 'finding',
    title: 'the receive ring is full: frames are dropped by the adapter',
    symptoms: [rises('missed')],
    cause:
      'The host does not fetch frames in time, in bursts or all the time. /proc/net/dev adds this to "drop"; "fifo" and "overruns" are something else.',
    advice: [
      'A larger receive ring, where it is not at its maximum: it bridges bursts.',
      'Interrupts of the port on more processors: `grep {name} /proc/interrupts`, irqbalance, `ethtool -l {name}`.',
      'A host that is too slow at all times gains nothing by a larger ring.',
    ],
    offers: [{ playbook: 'ring-max', vars: { nic: '{name}' }, needs: ['ring-below-maximum'] }],
    sources: [statistics, linux('net/core/net-procfs.c')],
  },
  {
    id: 'ring-unfilled',
    stage: 'drops',
    weight: 'finding',
    title: 'the driver gets no memory to fill its receive ring with',
    symptoms: [rises('allocation')],
    cause: 'Memory is short or in pieces; a larger ring makes it worse.',
    advice: ['What takes the memory; vm.min_free_kbytes; jumbo frames need larger pieces.'],
    sources: [statistics],
  },
  {
    id: 'interrupts-on-one',
    stage: 'drops',
    weight: 'finding',
    title: 'one processor takes all interrupts of a port that loses frames',
    symptoms: [is('interrupts-on-one')],
    with: ['ring-full'],
    cause: 'The queues of the port could be served by several, and are not.',
    advice: [
      'Start irqbalance, or set /proc/irq/N/smp_affinity_list; `ethtool -l {name}` for the number of queues.',
    ],
    sources: [linux('Documentation/networking/scaling.rst')],
  },
  {
    id: 'dropped-elsewhere',
    stage: 'drops',
    weight: 'note',
    title: 'the stack drops frames that the port received well',
    symptoms: [rises('stack-drop')],
    cause:
      'rx_dropped alone: protocols and VLANs that nobody here wants, or a bridge that does not forward them. Mostly no fault.',
    advice: [
      'What they are: `tcpdump -eni {name}` for odd protocols; `dropwatch` or the skb:kfree_skb event for where.',
    ],
    sources: [statistics],
  },
  {
    id: 'length-errors',
    stage: 'drops',
    weight: 'finding',
    title: 'frames arrive that are longer or shorter than they may be',
    symptoms: [rises('length')],
    cause: 'The other end sends jumbo frames or VLAN tags beyond the MTU here.',
    advice: ['Same MTU on both ends: `ip link show {name}` and the switch.'],
    sources: [statistics],
  },
  {
    id: 'swiotlb-full',
    stage: 'drops',
    weight: 'finding',
    title: 'the driver got no bounce buffer for a transfer',
    symptoms: [says('swiotlb buffer is full', /swiotlb buffer is full/)],
    cause:
      'The adapter has to go through a small buffer of the kernel because the IOMMU is off or the memory encrypted.',
    advice: ['IOMMU on; or a larger buffer by swiotlb= on the kernel’s command line.'],
    sources: [linux('kernel/dma/swiotlb.c')],
  },
  {
    id: 'checksum-failure',
    stage: 'drops',
    weight: 'finding',
    title: 'the adapter said that a checksum is right, and it is not',
    symptoms: [says('hw csum failure', /hw csum failure/)],
    cause:
      'A fault of driver or firmware with a kind of frame (tunnels, padding), or frames that were damaged on the host itself.',
    advice: [
      'The kernel of the distribution; until then `ethtool -K {name} rx off`, which costs processor time. That is offload, not flow control.',
    ],
    sources: [linux('net/core/dev.c')],
  },
  {
    id: 'filters-full',
    stage: 'other',
    weight: 'finding',
    title: 'the table of MAC addresses is full: the port takes all frames',
    drivers: ['i40e', 'iavf', 'ice'],
    symptoms: [
      says(
        'promiscuous',
        /(?:adding RX filters on \S+,? promiscuous mode forced on|forcing overflow promiscuous)/,
      ),
    ],
    cause:
      'More guests, macvlans or multicast groups than the port has filters for. No fault of the driver.',
    advice: ['Fewer addresses on the port, or a bridge that is promiscuous anyway.'],
    sources: [intel('i40e')],
  },
  {
    id: 'nvm-newer',
    stage: 'other',
    weight: 'finding',
    title: 'the firmware is newer than the driver knows',
    drivers: ['i40e', 'ice'],
    symptoms: [says('newer version of the NVM image', /detected a newer version of the NVM image/)],
    cause: 'It still works; what is new in the firmware does not.',
    advice: ['A newer driver, never an older one: the kernel of the distribution first.'],
    sources: [intel('i40e')],
  },
  {
    id: 'nvm-older',
    stage: 'other',
    weight: 'finding',
    title: 'the firmware is older than the driver wants',
    drivers: ['i40e', 'ice'],
    symptoms: [
      says('older version of the NVM image', /detected an older version of the NVM image/),
    ],
    cause: 'The driver was updated and the firmware was not.',
    advice: [
      'Write the NVM image of the server vendor; that is done with the host out of service.',
    ],
    sources: [intel('i40e')],
  },
  {
    id: 'dcb-failed',
    stage: 'other',
    weight: 'finding',
    title: 'data center bridging could not be set up',
    drivers: ['i40e', 'ice', 'ixgbe'],
    symptoms: [
      says(
        ['DCB init failed', 'Query for DCB configuration failed'],
        /^(?:DCB init failed|Query for DCB configuration failed)/,
      ),
    ],
    cause:
      'The LLDP agent in the firmware and the one of the host, or of the switch, do not agree. 1 GbE ports of X722 have no DCB at all.',
    advice: ['Where DCB is not used: `ethtool --set-priv-flags {name} disable-fw-lldp on`.'],
    sources: [intel('i40e')],
  },
  {
    id: 'bus-corrected',
    stage: 'other',
    weight: 'finding',
    title: 'the PCI bus keeps repeating transfers of the adapter (corrected errors)',
    symptoms: [
      {
        ...says(
          ['AER: ', 'PCIe Bus Error'],
          /(?:AER: (?:Multiple )?Correct(?:ed|able) error (?:message )?received|PCIe Bus Error: severity=Correct(?:ed|able))/,
        ),
        least: 10,
      },
    ],
    cause: 'Contact, slot, riser, or a power state of the bus (ASPM). Nothing was lost so far.',
    advice: ['Seat the adapter anew; BIOS; then ASPM off for the slot.'],
    sources: [linux('drivers/pci/pcie/aer.c')],
  },
  {
    id: 'firmware-file',
    stage: 'other',
    weight: 'finding',
    title: 'a firmware file of the driver is missing',
    drivers: ['r8169', 'tg3', 'bnx2', 'bnx2x', 'ice', 'e100'],
    symptoms: [
      says(
        ['unable to load firmware patch', 'Failed to load firmware', 'Direct firmware load for'],
        /(?:unable to load firmware patch |Failed to load firmware "|Direct firmware load for \S+ failed with error -2)/,
      ),
    ],
    cause: 'The port works without it, with faults of the chip that the file mends.',
    advice: [
      'Install it: linux-firmware, or firmware-realtek, firmware-bnx2, firmware-misc-nonfree on Debian.',
    ],
    sources: [linux('drivers/net/ethernet/realtek/r8169_firmware.c')],
  },
  {
    id: 'slot-narrow',
    stage: 'other',
    weight: 'note',
    title: 'the slot is slower than the adapter could use',
    symptoms: [
      says(
        ['available PCIe bandwidth', 'PCI-Express bandwidth available'],
        /(?:available PCIe bandwidth, limited by|PCI-Express bandwidth available for this)/,
      ),
      is('slot-narrow'),
    ],
    cause:
      'Fewer lanes or an older generation: enough for most work, not for all ports at full speed.',
    advice: ['Another slot, if the ports are to be filled.'],
    sources: [linux('drivers/pci/pci.c')],
  },
  {
    id: 'tso-slow-link',
    stage: 'other',
    weight: 'note',
    title: 'segmentation is off because the link is slow',
    drivers: ['e1000e'],
    symptoms: [says('disabling TSO', /^10\/100 speed: disabling TSO/)],
    cause:
      'The driver does that by itself at 10 and 100 Mb/s. Why the link is slow may be worth a look.',
    advice: [],
    sources: [intel('e1000e', 'netdev.c')],
  },
  {
    id: 'queue-choice',
    stage: 'other',
    weight: 'note',
    title: 'a program above chose a transmit queue that is not there',
    symptoms: [
      says('selects TX queue', /selects TX queue \d+, but real number of TX queues is \d+/),
    ],
    cause: 'The kernel takes another one; nothing is lost.',
    advice: [],
    sources: [linux('net/core/dev.c')],
  },
]
