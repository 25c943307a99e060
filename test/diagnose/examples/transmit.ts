import { e, i, moves } from './example.ts'
import type { Examples } from './example.ts'

/** Of transmitters that stand still: what is known as each trouble, and what is alike and is not. */
export const transmitExamples: Readonly<Record<string, Examples>> = {
  'e1000e-hang': {
    yes: [
      `${e}Detected Hardware Unit Hang:\n  TDH                  <a2>\n  TDT                  <c8>`,
      'e1000e 0000:00:19.0: eth0: Detected Hardware Unit Hang:',
    ],
    no: [`${e}Reset adapter unexpectedly`, 'igb 0000:01:00.0: Detected Tx Unit Hang'],
  },
  'e1000-hang': {
    yes: [
      'e1000: eth0: e1000_clean_tx_irq: Detected Tx Unit Hang',
      'e1000 0000:02:01.0 eth0: Detected Tx Unit Hang',
    ],
    no: ['e1000 0000:02:01.0 eth0: NIC Link is Up 1000 Mbps Full Duplex, Flow Control: RX'],
  },
  'igb-hang': {
    yes: [
      'igb 0000:01:00.0: Detected Tx Unit Hang',
      'igc 0000:0a:00.0 eno1: NETDEV WATCHDOG: CPU: 2: transmit queue 3 timed out 6012 ms',
    ],
    no: ['igb 0000:01:00.0 eth0: igb: eth0 NIC Link is Up 1000 Mbps Full Duplex, Flow Control: RX'],
  },
  'ixgbe-hang': {
    yes: [
      'ixgbe 0000:01:00.1 enp1s0f1: tx hang 19 detected on queue 4, resetting adapter',
      'ixgbe 0000:04:00.1 enp4s0f1: initiating reset due to tx timeout',
    ],
    no: ['ixgbe 0000:04:00.1 enp4s0f1: NIC Link is Up 10 Gbps, Flow Control: RX/TX'],
  },
  'adapter-reset': {
    yes: [`${e}Reset adapter unexpectedly`, 'ixgbe 0000:01:00.1 ixgbe-x520-2: Reset adapter'],
    no: ['nvme nvme0: Reset adapter now'],
  },
  'e1000e-timeout': {
    yes: ['NETDEV WATCHDOG: eno1 (e1000e): transmit queue 0 timed out'],
    no: ['NETDEV WATCHDOG: eno1 (r8169): transmit queue 0 timed out'],
  },
  'i40e-timeout': {
    yes: [
      'NETDEV WATCHDOG: eno3 (i40e): transmit queue 44 timed out',
      'NETDEV WATCHDOG: eno3 (i40e): transmit queue 44 timed out 5000 ms',
      `${i}NETDEV WATCHDOG: CPU: 45: transmit queue 44 timed out 5000 ms`,
      `${i}tx_timeout: VSI_seid: 390, Q 0, NTC: 0x697, HWB: 0x78c, NTU: 0x78c, TAIL: 0x78c, INT: 0x0`,
      `${i}tx_timeout recovery level 1, hung_queue 44`,
    ],
    no: [
      'NETDEV WATCHDOG: wwan0 (cdc_ncm): transmit queue 0 timed out',
      `${i}tx_timeout recovery unsuccessful, device is in non-recoverable state.`,
    ],
  },
  'i40e-unrecoverable': {
    yes: [`${i}tx_timeout recovery unsuccessful, device is in non-recoverable state.`],
    no: [`${i}tx_timeout recovery level 3, hung_queue 44`],
  },
  'ice-timeout': {
    yes: [
      'ice 0000:b1:00.0 ens801f0np0: tx_timeout: VSI_num: 6, Q 14, NTC: 0x0, HW_HEAD: 0x0, NTU: 0x0, INT: 0x4000001',
      'ice 0000:b1:00.0 ens801f0np0: NETDEV WATCHDOG: CPU: 38: transmit queue 14 timed out 80692736 ms',
    ],
    no: ['ice 0000:b1:00.0: PTP reset successful'],
  },
  'tg3-timeout': {
    yes: [
      'tg3 0000:02:00.0 eth0: transmit timed out, resetting',
      'tg3 0000:02:00.0: tg3_stop_block timed out, ofs=4c00 enable_bit=2',
    ],
    no: [
      'tg3 0000:02:00.0 eth0: Link is up at 1000 Mbps, full duplex',
      'b44 0000:02:00.0 eth0: transmit timed out, resetting',
    ],
  },
  'tg3-reordering': {
    yes: [
      'tg3 0000:02:00.0 eth0: The system may be re-ordering memory-mapped I/O cycles to the network device, attempting to recover. Please report the problem to the driver maintainer and include system chipset information.',
    ],
    no: ['tg3 0000:02:00.0 eth0: Flow control is on for TX and on for RX'],
  },
  'bnxt-timeout': {
    yes: [
      'bnxt_en 0000:04:00.0 eth0: TX timeout detected, starting reset task!',
      'bnxt_en 0000:04:00.0 eth0: NETDEV WATCHDOG: CPU: 2: transmit queue 1 timed out 5123 ms',
    ],
    no: ['bnxt_en 0000:04:00.0 eth0: [0.0]: tx{fw_ring: 0 prod: a cons: 8}'],
  },
  'mlx5-timeout': {
    yes: [
      'mlx5_core 0000:03:00.0 ens2f0: TX timeout detected',
      'mlx5_core 0000:03:00.0 ens2f0: TX timeout on queue: 10, SQ: 0x13c, CQ: 0x48b, SQ Cons: 0x0 SQ Prod: 0x1, usecs since last trans: 20000000',
    ],
    no: ['mlx5_core 0000:03:00.0 ens2f0: Link up'],
  },
  'r8169-timeout': {
    yes: [
      'r8169 0000:07:00.0 eno1: rtl_rxtx_empty_cond == 0 (loop: 42, delay: 100).',
      'NETDEV WATCHDOG: enp37s0 (r8169): transmit queue 0 timed out',
    ],
    no: ["r8169 0000:01:00.0: can't disable ASPM; OS doesn't have ASPM control"],
  },
  'virtio-timeout': {
    yes: [
      'virtio_net virtio0 eth0: TX timeout on queue: 0, sq: output.0, vq: 0x1, name: output.0, 5012000 usecs ago',
      "ena 0000:00:05.0 eth0: Found a Tx that wasn't completed on time, qid 3, index 21. 5004000 usecs have passed since last napi execution.",
      'vmxnet3 0000:0b:00.0 eth0: tx hang',
    ],
    no: ['virtio_blk virtio1: [vda] 41943040 512-byte logical blocks'],
  },
  'tx-timeout': {
    yes: ['NETDEV WATCHDOG: eth0 (be2net): transmit queue 2 timed out'],
    no: ['NETDEV WATCHDOG: eth0 (be2net): transmit queue 2 is fine'],
  },
  'queue-stall': {
    yes: [moves('tx-3.tx_timeout', 2), moves('tx_timeout_count', 1)],
    no: [moves('tx_timeout_count', 0)],
  },
}
