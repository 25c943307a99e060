import { linux, rises, says, watchdog, watchdogHint } from './signature.ts'
import type { Signature } from './signature.ts'

const broadcom = (path: string) => linux(`drivers/net/ethernet/broadcom/${path}`)

/** Transmitters of all others that stand still; the last ones are for drivers without an entry of their own. */
export const timeoutSignatures: readonly Signature[] = [
  {
    id: 'tg3-timeout',
    stage: 'timeout',
    weight: 'finding',
    title: 'a transmit queue of tg3 timed out',
    drivers: ['tg3'],
    symptoms: [
      says(watchdogHint, watchdog),
      says(
        ['transmit timed out, resetting', 'tg3_stop_block timed out', 'DMA Status error'],
        /^(?:transmit timed out, resetting|tg3_stop_block timed out|DMA Status error)/,
      ),
    ],
    cause:
      'The management firmware (ASF, iLO, iDRAC) shares the port, or segmentation offload on BCM5719 and 5720.',
    advice: [
      'Firmware of the server vendor first.',
      'To find out: `ethtool -K {name} tso off`, and see whether it comes again.',
    ],
    sources: [broadcom('tg3.c')],
  },
  {
    id: 'tg3-reordering',
    stage: 'timeout',
    weight: 'finding',
    title: 'the chipset may put accesses to the adapter into another order',
    drivers: ['tg3'],
    symptoms: [
      says(
        're-ordering memory-mapped I/O',
        /The system may be re-ordering memory-mapped I\/O cycles/,
      ),
    ],
    cause:
      'The driver saw a descriptor that it had not written yet. It has switched to a slower way that is safe.',
    advice: ['BIOS; then another slot.'],
    sources: [broadcom('tg3.c')],
  },
  {
    id: 'bnxt-timeout',
    stage: 'timeout',
    weight: 'finding',
    title: 'a transmit queue of bnxt_en timed out',
    drivers: ['bnxt_en'],
    symptoms: [
      says(watchdogHint, watchdog),
      says('TX timeout detected', /^TX timeout detected, starting reset task/),
    ],
    cause: 'Firmware of the adapter more often than the driver.',
    advice: [
      'Firmware of the server vendor for this adapter, then the kernel of the distribution.',
    ],
    sources: [broadcom('bnxt/bnxt.c')],
  },
  {
    id: 'mlx5-timeout',
    stage: 'timeout',
    weight: 'finding',
    title: 'a transmit queue of mlx5 timed out',
    drivers: ['mlx5_core'],
    symptoms: [
      says(watchdogHint, watchdog),
      says(['TX timeout'], /^TX timeout (?:detected|on queue: \d+)/),
    ],
    cause: 'A lost completion or event. The driver tries to bring it back without a reset.',
    advice: [
      '`devlink health show` for the reporter tx; firmware of the adapter, then the kernel of the distribution.',
    ],
    sources: [linux('drivers/net/ethernet/mellanox/mlx5/core/en_main.c')],
  },
  {
    id: 'r8169-timeout',
    stage: 'timeout',
    weight: 'finding',
    title: 'the transmitter of r8169 hangs',
    drivers: ['r8169'],
    symptoms: [
      says(watchdogHint, watchdog),
      says(
        ['rtl_rxtx_empty_cond', 'rtl_chipcmd_cond', 'rtl_txcfg_empty_cond'],
        /^rtl_\w+_cond == [01] \(loop: \d+, delay: \d+\)/,
      ),
    ],
    cause: 'Mostly a power state of the bus (ASPM) that the chip does not come back from.',
    advice: [
      'To find out: pcie_aspm=off for one boot, or ASPM off for the slot in the BIOS. Kernels differ in whether the driver does it by itself.',
      'The kernel of the distribution; then the firmware file of the chip (firmware-realtek, linux-firmware).',
    ],
    sources: [linux('drivers/net/ethernet/realtek/r8169_main.c')],
  },
  {
    id: 'virtio-timeout',
    stage: 'timeout',
    weight: 'finding',
    title: 'the hypervisor did not fetch what the guest sent',
    drivers: ['virtio_net', 'vmxnet3', 'ena'],
    symptoms: [
      says(watchdogHint, watchdog),
      says(
        [
          'TX timeout on queue',
          'tx hang',
          "Tx that wasn't completed on time",
          'Keep alive watchdog timeout',
        ],
        /^(?:TX timeout on queue: \d+, sq|(?:\S+: )?tx hang\s*$|Found a Tx that wasn't completed on time|Keep alive watchdog timeout)/,
      ),
    ],
    cause:
      'The other side of a virtual port is the hypervisor: it was busy, or its own port stands still.',
    advice: [
      'Look at the hypervisor at that time: load, vhost threads, its own ports. Nothing in the guest mends that.',
    ],
    sources: [
      linux('drivers/net/virtio_net.c'),
      linux('drivers/net/ethernet/amazon/ena/ena_netdev.c'),
    ],
  },
  {
    id: 'tx-timeout',
    stage: 'timeout',
    weight: 'finding',
    title: 'a transmit queue timed out',
    symptoms: [says(watchdogHint, watchdog)],
    cause: 'The adapter did not send for seconds though it was given frames and the link was up.',
    advice: [
      'The kernel of the distribution and the firmware of the adapter; the lines before it may say more.',
    ],
    sources: [linux('net/sched/sch_generic.c')],
  },
  {
    id: 'queue-stall',
    stage: 'timeout',
    weight: 'finding',
    title: 'transmit queues time out while the host is watched',
    symptoms: [rises('tx-timeout')],
    cause:
      'Counted by the kernel for each queue, whatever the log says: kernels before 6.6 write their warning only once per boot.',
    advice: [
      'Take the log and the counters together for whoever looks next: `nicfix diagnose --host {host} --collect out.tgz`.',
    ],
    sources: [linux('Documentation/ABI/testing/sysfs-class-net-queues')],
  },
]
