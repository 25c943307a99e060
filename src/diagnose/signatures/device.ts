import { intel, linux, says } from './signature.ts'
import type { Signature } from './signature.ts'

/** Devices that are in trouble themselves: bus, power, heat, and what virtual functions do. */
export const deviceSignatures: readonly Signature[] = [
  {
    id: 'pcie-link-lost',
    stage: 'device',
    weight: 'finding',
    title: 'the adapter went from the PCI bus while it worked',
    drivers: ['igb', 'igc', 'ixgbe', 'fm10k', 'e1000e'],
    symptoms: [
      says(['PCIe link lost', 'Adapter removed'], /^(?:\S+: )?(?:PCIe link lost|Adapter removed)/),
    ],
    cause:
      'All reads give ones: the slot lost power or contact, or a power state of the bus (ASPM, D3) from which the device did not come back.',
    advice: [
      'BIOS and firmware of the adapter first; then the slot.',
      'To find out: boot once with pcie_aspm=off (I225 and I226: also pcie_port_pm=off), and see whether it stays.',
      'A cold start brings it back for now; a reload of the driver does not.',
    ],
    sources: [intel('igc'), intel('igb'), intel('ixgbe')],
  },
  {
    id: 'overheated',
    stage: 'device',
    weight: 'finding',
    title: 'the adapter was too hot, and slowed down or stopped',
    symptoms: [
      says(
        [
          'over heated',
          'overheated',
          'Over heat',
          'Fan Failure on Network Controller',
          'High temperature on sensors',
          'High Temperature',
        ],
        /(?:adapter (?:has been|was) stopped because it (?:has )?over ?heated|downshifted because it overheated|Fan Failure on Network Controller|High temperature on sensors|Port module event.*High Temperature)/i,
      ),
    ],
    cause: 'Adapters for servers have no fan and rely on the air of the chassis.',
    advice: [
      'Look at fans, dust and air ducts, and at the neighbour of the slot: `sensors`, `ipmitool sdr type Fan`.',
    ],
    sources: [
      intel('ixgbe'),
      intel('igb'),
      linux('drivers/net/ethernet/mellanox/mlx5/core/events.c'),
    ],
  },
  {
    id: 'slot-power',
    stage: 'device',
    weight: 'finding',
    title: 'the slot gives the adapter too little power',
    drivers: ['mlx5_core'],
    symptoms: [
      says(
        'insufficient power on the PCIe slot',
        /Detected insufficient power on the PCIe slot \(\d+W\)/,
      ),
    ],
    cause: 'The adapter asks for more than the slot announces; modules may stay off.',
    advice: [
      'Another slot, or the power setting of the slot in the BIOS; optics of a lower power class.',
    ],
    sources: [linux('drivers/net/ethernet/mellanox/mlx5/core/events.c')],
  },
  {
    id: 'probe-failed',
    stage: 'device',
    weight: 'finding',
    title: 'the driver found the adapter and could not start it',
    symptoms: [
      says(
        ['failed with error -'],
        /(?:^|\b)probe (?:of \S+|with driver \S+) failed with error -\d+/,
      ),
    ],
    cause:
      'The lines before it say why: firmware, power, memory, or an adapter that does not answer.',
    advice: [
      'Read the lines of this adapter just before; a cold start (power off, not only a reboot) clears what hangs.',
    ],
    sources: [linux('drivers/base/dd.c')],
  },
  {
    id: 'iommu-fault',
    stage: 'device',
    weight: 'finding',
    title: 'the IOMMU refused the adapter an access to memory',
    symptoms: [
      says(
        ['DMAR: [', 'IO_PAGE_FAULT'],
        /^(?:DMAR: \[(?:DMA|INTR)[^\]]*\] Request device|AMD-Vi: Event logged \[IO_PAGE_FAULT)/,
      ),
    ],
    cause:
      'The adapter, its driver or its firmware used an address that was not given to it. A hung queue may follow from it.',
    advice: [
      'BIOS first, then firmware of the adapter.',
      'To find out whether it is the mapping: boot once with iommu=pt (VFs and guests keep their isolation).',
    ],
    sources: [linux('drivers/iommu/intel/dmar.c'), linux('drivers/iommu/amd/iommu.c')],
  },
  {
    id: 'bus-fatal',
    stage: 'device',
    weight: 'finding',
    title: 'the PCI bus reported an error of the adapter that could not be corrected',
    symptoms: [
      says(
        ['AER: ', 'PCIe Bus Error'],
        /(?:AER: (?:Multiple )?Uncorrect(?:ed|able) \((?:Non-)?Fatal\) error|PCIe Bus Error: severity=Uncorrect(?:ed|able))/,
      ),
    ],
    cause: 'A transfer between slot and adapter failed. The driver may have reset the port for it.',
    advice: ['Seat the adapter anew, try another slot, and update BIOS and firmware.'],
    sources: [linux('drivers/pci/pcie/aer.c')],
  },
  {
    id: 'phy-unreadable',
    stage: 'device',
    weight: 'finding',
    title: 'the driver cannot read the registers of the PHY',
    drivers: ['e1000e', 'igb', 'igc'],
    symptoms: [
      says(
        ['Error reading PHY register', 'PHY setup failed', 'Unable to read PHY'],
        /(?:Error reading PHY register|PHY setup failed|Unable to read PHY)/i,
      ),
    ],
    cause:
      'The PHY is in a power state in which it does not answer, or is held by the management engine.',
    advice: [
      'BIOS and management engine (ME) firmware; then the port of the board is to be replaced by an adapter.',
    ],
    sources: [intel('e1000e', 'netdev.c')],
  },
  {
    id: 'mdd-port',
    stage: 'timeout',
    weight: 'finding',
    title: 'the adapter stopped a transmit queue of the host for a malformed descriptor',
    drivers: ['i40e', 'ice'],
    symptoms: [
      says(
        ['TX driver issue detected', 'Malicious Driver Detection event'],
        /^(?:TX driver issue detected(?: on PF|, PF reset issued)|Malicious Driver Detection event (?:0x)?[\da-f]+ on [TR]X queue \d+ (?:of PF|PF number|PF#).*VF(?: number |# ?)(?:0x)?00?\b)/i,
      ),
    ],
    cause:
      'A descriptor that the hardware does not take: a fault of the driver, mostly with segmentation offload and odd frames.',
    advice: [
      'The kernel of the distribution first.',
      'To find out whether segmentation is it: `ethtool -K {name} tso off`, and see whether the lines end. That is not flow control (`ethtool -A`).',
    ],
    sources: [intel('i40e'), intel('ice')],
  },
  {
    id: 'mdd-function',
    stage: 'other',
    weight: 'finding',
    title: 'the adapter stopped a virtual function that misbehaved',
    drivers: ['i40e', 'ice', 'ixgbe', 'igb'],
    symptoms: [
      says(
        [
          'Malicious Driver Detection events detected',
          'Spoof event(s) detected',
          'Spoofed packets detected',
          'Malicious event on VF',
          'malformed Tx packet detected',
        ],
        /(?:Tx Malicious Driver Detection events detected on PF|Spoof event\(s\) detected on VF|Spoofed packets detected|Malicious event on VF|malformed Tx packet detected and dropped)/,
      ),
    ],
    cause:
      'A guest sends with another address than it was given, or its driver is faulty. The host’s own driver is not.',
    advice: [
      'Find the guest by the number of the function; update its driver, or allow what it does: `ip link set {name} vf N spoofchk off`.',
    ],
    sources: [intel('i40e'), intel('igb')],
  },
]
