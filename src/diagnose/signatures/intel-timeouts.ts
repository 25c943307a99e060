import { intel, linux, says, watchdog, watchdogHint } from './signature.ts'
import type { Signature } from './signature.ts'

/** Transmitters of Intel's adapters that stand still. */
export const intelTimeouts: readonly Signature[] = [
  {
    id: 'e1000e-hang',
    stage: 'hang',
    weight: 'finding',
    title: 'the transmitter of the adapter hangs (Detected Hardware Unit Hang)',
    drivers: ['e1000e'],
    symptoms: [says('Detected Hardware Unit Hang', /Detected Hardware Unit Hang/)],
    cause:
      'The DMA unit of 82579, I217, I218 and I219 stops under load, mostly while it segments (TSO).',
    advice: [
      'Segmentation off: tso, gso and gro. It is `ethtool -K`; flow control (`ethtool -A`) has nothing to do with it.',
      'Watch it for a day: `nicfix diagnose --host {host} --nic {name} --since 1d`.',
      'If it still hangs: BIOS and management engine firmware, then the kernel of the distribution, then an adapter in a slot.',
    ],
    offers: [
      { playbook: 'offload-off', needs: ['segmentation-not-off'] },
      // e1000e 3.3.6: "Fix for Tx Hang: I219LM and I219V", by its change log.
      {
        playbook: 'e1000e-upgrade',
        vars: { version: '3.8.7' },
        older: { release: '<3.3.6', inTree: null },
        needs: ['segmentation-off', 'i219'],
        missing: [
          { name: 'sha256', about: 'sha256 of drivers/e1000e-3.8.7.tar.gz, as its maker gives it' },
        ],
      },
    ],
    sources: [intel('e1000e', 'netdev.c'), 'https://sourceforge.net/projects/e1000/'],
  },
  {
    id: 'e1000-hang',
    stage: 'hang',
    weight: 'finding',
    title: 'the transmitter of the adapter hangs',
    drivers: ['e1000'],
    symptoms: [says('Detected Tx Unit Hang', /Detected Tx Unit Hang/)],
    cause:
      'Under VMware and QEMU: the emulation. On real hardware: segmentation offload, or interrupts that got lost.',
    advice: [
      'A guest gets a better adapter: virtio_net or vmxnet3.',
      'On hardware: `ethtool -K {name} tso off`, and see.',
    ],
    sources: [linux('drivers/net/ethernet/intel/e1000/e1000_main.c')],
  },
  {
    id: 'igb-hang',
    stage: 'timeout',
    weight: 'finding',
    title: 'a transmit queue of the adapter hangs',
    drivers: ['igb', 'igc'],
    symptoms: [
      says(['Detected Tx Unit Hang', watchdogHint], /Detected Tx Unit Hang/),
      says(watchdogHint, watchdog),
    ],
    cause: 'Power states of the bus (ASPM) or of the link (EEE), firmware, or a lost interrupt.',
    advice: [
      'The kernel of the distribution first; I225 and I226 got many fixes from 5.15 on.',
      'ASPM off for the slot in the BIOS, and `ethtool --set-eee {name} eee off`, one after the other.',
    ],
    sources: [intel('igb'), intel('igc')],
  },
  {
    id: 'ixgbe-hang',
    stage: 'timeout',
    weight: 'finding',
    title: 'a transmit queue of the adapter hangs',
    drivers: ['ixgbe'],
    symptoms: [
      says(
        ['Detected Tx Unit Hang', 'tx hang ', 'due to tx timeout'],
        /(?:Detected Tx Unit Hang|^tx hang \d+ detected on queue \d+|^initiating reset due to tx timeout)/,
      ),
      says(watchdogHint, watchdog),
    ],
    cause: 'XDP or a bond on top, IOMMU mappings, or a link partner that pauses without end.',
    advice: [
      'The kernel of the distribution first.',
      'Pause frames: `ethtool -S {name} | grep -i flow_control` twice.',
      'IOMMU faults of this address in the log; iommu=pt to find out.',
    ],
    sources: [intel('ixgbe')],
  },
  {
    id: 'adapter-reset',
    stage: 'timeout',
    weight: 'finding',
    title: 'the driver reset the adapter because it did not send any more',
    drivers: ['e1000e', 'e1000', 'igb', 'igc', 'ixgbe'],
    symptoms: [says(['Reset adapter'], /^Reset adapter(?: unexpectedly)?\s*$/)],
    explainedBy: ['e1000e-hang', 'igb-hang', 'ixgbe-hang', 'e1000-hang'],
    cause: 'The watchdog of the stack found a queue that stands still.',
    advice: [
      'Look for the line before it that says what hung; without one, for stalls of a processor at that time.',
    ],
    sources: [intel('e1000e', 'netdev.c')],
  },
  {
    id: 'e1000e-timeout',
    stage: 'timeout',
    weight: 'finding',
    title: 'the transmit queue of the adapter timed out',
    drivers: ['e1000e', 'e1000'],
    symptoms: [says(watchdogHint, watchdog)],
    explainedBy: ['e1000e-hang', 'e1000-hang'],
    cause:
      'Without a line of a hardware hang: a lost interrupt, a link that was gone for seconds, or a processor that stood still.',
    advice: ['Look at the lines of the same seconds; on a guest, at the hypervisor.'],
    sources: [linux('net/sched/sch_generic.c')],
  },
  {
    id: 'i40e-timeout',
    stage: 'timeout',
    weight: 'finding',
    title: 'a transmit queue of i40e timed out',
    drivers: ['i40e'],
    symptoms: [
      says(watchdogHint, watchdog),
      says(
        ['tx_timeout: VSI_seid', 'tx_timeout recovery'],
        /^tx_timeout(?:: VSI_seid: | recovery level \d|: VSI_seid)/,
      ),
    ],
    cause:
      'Drivers before 2.3.6, and those of kernels before 4.17, can lose the interrupt of a queue and do not notice. Newer ones look for that; there the firmware is the next suspect.',
    advice: [
      'The kernel of the distribution first: it brings a newer i40e, and taints nothing.',
      'Where that cannot be: the driver of the maker, tried before it is kept.',
      'Kernels before 6.6 write the warning once per boot for the whole host: for how often, see /sys/class/net/{name}/queues/tx-*/tx_timeout.',
    ],
    offers: [
      {
        playbook: 'i40e-upgrade',
        vars: { version: '2.13.10' },
        older: { release: '<2.3.6', inTree: '<2.2.0' },
        missing: [
          { name: 'sha256', about: 'sha256 of drivers/i40e-2.13.10.tar.gz, as its maker gives it' },
        ],
      },
    ],
    sources: [
      'https://git.kernel.org/torvalds/c/07d44190a389',
      'https://lists.osuosl.org/pipermail/intel-wired-lan/Week-of-Mon-20171218/011054.html',
      intel('i40e'),
    ],
  },
  {
    id: 'i40e-unrecoverable',
    stage: 'timeout',
    weight: 'finding',
    title: 'the driver gave a port up after three resets did not help',
    drivers: ['i40e', 'ice'],
    symptoms: [says('tx_timeout recovery unsuccessful', /^tx_timeout recovery unsuccessful/)],
    cause:
      'Reset of the function, of the core and of the whole adapter: none brought the queue back.',
    advice: [
      'Over another way in: load the driver anew, or boot.',
      'Then the kernel of the distribution, and the NVM image of the server vendor.',
    ],
    sources: [intel('i40e'), intel('ice')],
  },
  {
    id: 'ice-timeout',
    stage: 'timeout',
    weight: 'finding',
    title: 'a transmit queue of ice timed out',
    drivers: ['ice'],
    symptoms: [
      says(watchdogHint, watchdog),
      says(
        ['tx_timeout: VSI_num', 'tx_timeout recovery'],
        /^tx_timeout(?:: VSI_num: | recovery level \d)/,
      ),
    ],
    cause:
      'AF_XDP and bonds on top of old drivers, NVM and DDP package that do not fit, or a queue without its interrupt.',
    advice: ['The kernel of the distribution first, then NVM and DDP package together.'],
    sources: [intel('ice')],
  },
]
