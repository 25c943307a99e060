import { port, readings } from '../make.ts'
import { e, down, up, flaps, moves, eee } from './example.ts'
import type { Examples } from './example.ts'

/** Of the wire: what is known as each trouble, and what is alike and is not. */
export const linkExamples: Readonly<Record<string, Examples>> = {
  'crc-errors': {
    yes: [moves('rx_crc_errors'), moves('port.rx_crc_errors'), moves('rx_crc_errors_phy')],
    no: [moves('rx_crc_errors', 0), moves('rx_fifo_errors')],
  },
  'alignment-errors': { yes: [moves('rx_align_errors')], no: [moves('rx_align_errors', 0)] },
  'symbol-errors': {
    yes: [moves('port.illegal_bytes'), moves('rx_symbol_err_phy')],
    no: [moves('rx_bytes')],
  },
  'link-faults': {
    yes: [moves('port.mac_remote_faults'), moves('mac_local_faults.nic')],
    no: [moves('port.mac_remote_faults', 0)],
  },
  'fec-uncorrectable': {
    yes: [moves('fec_uncorrectable_blocks')],
    no: [moves('fec_corrected_blocks')],
  },
  'half-duplex': {
    yes: [
      { parts: port({ duplex: 'half' }) },
      `${e}Autonegotiated half duplex but link partner cannot autoneg.  Try forcing full duplex if link gets many collisions.`,
      `${e}NIC Link is Up 100 Mbps Half Duplex, Flow Control: None`,
      'tg3 0000:02:00.0 eth0: Link is up at 100 Mbps, half duplex',
      'r8169 0000:02:00.0 enp2s0: Link is Up - 100Mbps/Half - flow control off',
    ],
    no: [
      { parts: port() },
      up,
      'r8169 0000:02:00.0 enp2s0: Link is Up - 1Gbps/Full - flow control rx/tx',
    ],
  },
  'late-collisions': {
    yes: [moves('tx_abort_late_coll'), moves('tx_window_errors')],
    no: [moves('collisions')],
  },
  'link-downgraded': {
    yes: [
      `${e}Link Speed was downgraded by SmartSpeed`,
      'r8169 0000:02:00.0 enp2s0: Downshift occurred from negotiated speed 1Gbps to actual speed 100Mbps, check cabling!',
    ],
    no: [up],
  },
  optics: {
    yes: [
      'ixgbe 0000:02:00.1: failed to load because an unsupported SFP+ module type was detected.',
      'i40e 0000:3b:00.0: Rx/Tx is disabled on this device because an unsupported SFP module type was detected.',
      'mlx5_core 0000:03:00.0: Port module event[error]: module 0, Cable error, Bus stuck (I2C Data or clock shorted)',
    ],
    no: [
      'ixgbe 0000:04:00.0 eth2: detected SFP+: 5',
      'mlx5_core 0000:03:00.0: Port module event: module 0, Cable plugged',
    ],
  },
  'link-flaps': {
    yes: [
      flaps,
      { parts: { ...port(), ...readings({ carrier_changes: 4 }) } },
      'tg3 0000:02:00.0: eth0: Link is down\n'.repeat(3),
      'bnx2 0000:02:00.0 eth0: NIC Copper Link is Down\n'.repeat(3),
      'mlx5_core 0000:03:00.0 ens2f0: Link down\n'.repeat(4),
      'e1000e: eth0 NIC Link is Down\n'.repeat(3),
      'igb 0000:01:00.0 eth0: igb: eth0 NIC Link is Down\n'.repeat(3),
    ],
    no: [
      `${down}${up}`,
      'vmbr0: port 1(eno1) entered disabled state\n'.repeat(9),
      'usb0: NIC Link is Down\n'.repeat(9),
    ],
  },
  'eee-flaps': {
    yes: [{ log: flaps, parts: port({ more: eee('enabled - active') }) }],
    no: [
      { log: flaps, parts: port({ more: eee('enabled - inactive') }) },
      { log: down, parts: port({ more: eee('enabled - active') }) },
    ],
  },
  'pause-flaps': {
    yes: [{ log: flaps, ...moves('rx_flow_control_xoff', 300) }],
    no: [
      { log: flaps, ...moves('rx_flow_control_xoff', 0) },
      { log: flaps, ...moves('rx_flow_control_xoff', 9) },
      { log: up, ...moves('rx_flow_control_xoff', 300) },
    ],
  },
  'pause-flood': {
    yes: [moves('tx_flow_control_xon'), moves('port.link_xoff_rx')],
    no: [moves('tx_flow_control_xon', 0)],
  },
  'tx-carrier-errors': { yes: [moves('tx_carrier_errors')], no: [moves('tx_carrier_errors', 0)] },
  loop: {
    yes: [
      `${up}vmbr0: received packet on eno1 with own address as source address (addr:52:54:00:00:00:01, vlan:0)`,
    ],
    no: [
      'vmbr0: received packet on veth1i0 with own address as source address (addr:52:54:00:00:00:01, vlan:0)',
    ],
  },
}
