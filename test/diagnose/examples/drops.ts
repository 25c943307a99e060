import { port, readings } from '../make.ts'
import { e, i, up, moves } from './example.ts'
import type { Examples } from './example.ts'

/** Of lost frames, and of what is told beside: what is known as each trouble, and what is alike and is not. */
export const dropsExamples: Readonly<Record<string, Examples>> = {
  'ring-full': {
    yes: [
      moves('rx_missed_errors', 900),
      moves('port.rx_dropped', 900),
      moves('rx_out_of_buffer', 900),
    ],
    no: [moves('rx_missed_errors', 0), moves('rx_dropped', 900), moves('rx_fifo_errors', 900)],
  },
  'ring-unfilled': {
    yes: [moves('alloc_rx_buff_failed'), moves('rx_alloc_fail')],
    no: [moves('rx_alloc_fail', 0)],
  },
  'interrupts-on-one': {
    yes: [
      {
        parts: {
          ...port(),
          ...readings({ rx_missed_errors: 900 }, { irq: 'N 0 O 0 PCI-MSI 520192-edge eno1' }),
        },
      },
    ],
    no: [
      {
        parts: {
          ...port(),
          ...readings({ rx_missed_errors: 900 }, { irq: 'N N N N PCI-MSI 520192-edge eno1' }),
        },
      },
      { parts: { ...port(), ...readings({}, { irq: 'N 0 O 0 PCI-MSI 520192-edge eno1' }) } },
    ],
  },
  'dropped-elsewhere': { yes: [moves('rx_dropped')], no: [moves('rx_missed_errors')] },
  'length-errors': { yes: [moves('rx_length_errors')], no: [moves('rx_length_errors', 0)] },
  'swiotlb-full': {
    yes: [
      'i40e 0000:1a:00.2: swiotlb buffer is full (sz: 65536 bytes), total 32768 (slots), used 32 (slots)',
    ],
    no: ['nvme 0000:05:00.0: swiotlb buffer is full (sz: 65536 bytes)'],
  },
  'checksum-failure': {
    yes: [`${up}eno1: hw csum failure`, 'mlx5_core 0000:03:00.0 ens2f0: hw csum failure'],
    no: ['wlan0: hw csum failure'],
  },
  'filters-full': {
    yes: [
      `i40e 0000:1a:00.2: Error I40E_AQ_RC_ENOSPC adding RX filters on PF, promiscuous mode forced on`,
    ],
    no: ['device eno3 entered promiscuous mode'],
  },
  'nvm-newer': {
    yes: [
      'i40e 0000:3b:00.0: The driver for the device detected a newer version of the NVM image v1.11 than expected v1.5. Please install the most recent version of the network driver.',
    ],
    no: [
      'i40e 0000:3b:00.0: The driver for the device detected an older version of the NVM image v1.4 than expected v1.5. Please update the NVM image.',
    ],
  },
  'nvm-older': {
    yes: [
      'i40e 0000:3b:00.0: The driver for the device detected an older version of the NVM image v1.4 than expected v1.5. Please update the NVM image.',
    ],
    no: [up],
  },
  'dcb-failed': {
    yes: [
      'i40e 0000:3b:00.0: DCB init failed -53, disabled',
      'i40e 0000:3b:00.0: Query for DCB configuration failed, err I40E_ERR_NOT_READY aq_err OK',
    ],
    no: [
      'i40e 0000:3b:00.0: DCB is not supported or FW LLDP is disabled',
      'i40e 0000:3b:00.0: FW LLDP is enabled',
    ],
  },
  'bus-corrected': {
    yes: [
      `${up}${'pcieport 0000:00:1c.0: AER: Corrected error received: 0000:00:1f.6\n'.repeat(12)}`,
    ],
    no: [
      `${up}pcieport 0000:00:1c.0: AER: Corrected error received: 0000:00:1f.6`,
      'pcieport 0000:00:1c.0: AER: Corrected error received: 0000:05:00.0\n'.repeat(12),
    ],
  },
  'firmware-file': {
    yes: [
      'r8169 0000:02:00.0: Unable to load firmware x\nr8169 0000:02:00.0 eth0: unable to load firmware patch rtl_nic/rtl8168g-2.fw (-2)',
      'tg3 0000:02:00.0 eth0: Failed to load firmware "tigon/tg3_tso.bin"',
    ],
    no: ['i915 0000:00:02.0: Direct firmware load for i915/dg2_guc_70.bin failed with error -2'],
  },
  'slot-narrow': {
    yes: [
      'mlx5_core 0000:5e:00.0: 63.008 Gb/s available PCIe bandwidth, limited by 8.0 GT/s PCIe x8 link at 0000:5d:00.0 (capable of 126.016 Gb/s with 8.0 GT/s PCIe x16 link)',
      { parts: port({ sysfs: 'lanes 4\nmost-lanes 8\n' }) },
    ],
    no: [
      'nvme 0000:05:00.0: 15.752 Gb/s available PCIe bandwidth, limited by 8.0 GT/s PCIe x2 link at 0000:00:1c.0',
      { parts: port({ sysfs: 'lanes 8\nmost-lanes 8\n' }) },
    ],
  },
  'tso-slow-link': { yes: [`${e}10/100 speed: disabling TSO`], no: [up] },
  'queue-choice': {
    yes: [`${i}eno3 selects TX queue 12, but real number of TX queues is 8`],
    no: [up],
  },
}
