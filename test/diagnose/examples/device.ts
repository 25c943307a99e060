import { up } from './example.ts'
import type { Examples } from './example.ts'

/** Of adapters, their firmware and their bus: what is known as each trouble, and what is alike and is not. */
export const deviceExamples: Readonly<Record<string, Examples>> = {
  'bnxt-firmware': {
    yes: [
      'bnxt_en 0000:01:00.0 ens1f0np0: Error (timeout: 500015) msg {0x50 0x1d1} len:0',
      'bnxt_en 0000:01:00.0: Firmware not responding, status: 0x0',
    ],
    no: ['bnxt_en 0000:01:00.0 ens1f0np0: hwrm req_type 0x90 seq id 0x12 error 0x3'],
  },
  'bnx2-firmware': {
    yes: ['bnx2: fw sync timeout, reset code = 1020055'],
    no: ['bnx2 0000:02:00.0 eth0: NIC Copper Link is Up, 1000 Mbps full duplex'],
  },
  'bnx2x-panic': {
    yes: [
      'bnx2x: [bnx2x_attn_int_deasserted3:4345(eth0)]MC assert!',
      'bnx2x: [bnx2x_panic_dump:923(eth2)]begin crash dump -----------------',
    ],
    no: [
      'bnx2x 0000:05:00.0 eth0: NIC Link is Up, 10000 Mbps full duplex, Flow control: ON - receive & transmit',
    ],
  },
  'mlx5-health': {
    yes: [
      "mlx5_core 0000:03:00.0: poll_health:800:(pid 0): device's health compromised - reached miss count",
      'mlx5_core 0000:03:00.0: wait_func:1034:(pid 1): ENABLE_HCA(0x104) timeout. Will cause a leak of a command resource',
    ],
    no: [
      'mlx5_core 0000:03:00.0: firmware version: 16.35.2000',
      'mlx5_core 0000:03:00.0: Port module event: module 0, Cable plugged',
    ],
  },
  'be2net-error': {
    yes: [
      'be2net 0000:04:00.0: Error detected in the card',
      'be2net 0000:04:00.0 eth4: Unrecoverable Error detected in the adapter',
    ],
    no: ['be2net 0000:04:00.0 eth4: Link is Up'],
  },
  'firmware-recovery': {
    yes: [
      'i40e 0000:3b:00.0: Firmware recovery mode detected. Limiting functionality.',
      'ice 0000:18:00.0: Firmware recovery mode detected. Limiting functionality. Refer to the Intel(R) Ethernet Adapters and Devices User Guide for details on firmware recovery mode.',
    ],
    no: [
      'raid6: using avx2x2 recovery mode detected.',
      'mlx5_core 0000:03:00.0: Firmware recovery mode detected.',
    ],
  },
  'hmc-error': {
    yes: [
      'i40e 0000:3b:00.0: HMC error interrupt, HMC error 0x00001001'.replace(
        'error interrupt',
        'Error interrupt',
      ),
    ],
    no: [
      'i40e 0000:3b:00.0: fw 8.30.63499 api 1.11 nvm 8.30 0x8000a49d 1.2926.0 [8086:1572] [8086:0006]',
    ],
  },
  'nvm-checksum': {
    yes: [
      'e1000e 0000:00:1f.6: The NVM Checksum Is Not Valid',
      'ixgbe 0000:04:00.0: The EEPROM Checksum Is Not Valid',
    ],
    no: [
      'e1000e 0000:00:1f.6: Interrupt Throttling Rate (ints/sec) set to dynamic conservative mode',
    ],
  },
  'nvm-too-new': {
    yes: [
      'i40e 0000:3b:00.0: The driver for the device stopped because the NVM image is newer than expected. You must install the most recent version of the network driver.',
    ],
    no: [
      'i40e 0000:3b:00.0: The driver for the device detected a newer version of the NVM image v1.11 than expected v1.5. Please install the most recent version of the network driver.',
    ],
  },
  'ice-safe-mode': {
    yes: [
      'ice 0000:18:00.0: The DDP package file was not found or could not be read. Entering Safe Mode',
      'ice 0000:18:00.0: Package download failed. Advanced features disabled - Device now in Safe Mode',
    ],
    no: [
      'ice 0000:18:00.0: The DDP package was successfully loaded: ICE OS Default Package version 1.3.30.0',
    ],
  },
  'pcie-link-lost': {
    yes: [
      'igc 0000:0a:00.0 eno1: PCIe link lost, device now detached',
      'igb 0000:03:00.0 enp3s0: PCIe link lost',
      'ixgbe 0000:04:00.0: Adapter removed',
    ],
    no: [
      'igc 0000:0a:00.0 eno1: PHC removed',
      'pcieport 0000:00:1c.0: pciehp: Slot(3): Card not present',
    ],
  },
  overheated: {
    yes: [
      'ixgbe 0000:04:00.0 eth2: Network adapter has been stopped because it has over heated. Restart the computer. If the problem persists, power off the system and replace the adapter',
      'mlx5_core 0000:03:00.0: temp_warn:140:(pid 0): High temperature on sensors with bit set 0x0 0x1',
    ],
    no: [
      'CPU3: Package temperature above threshold, cpu clock throttled (total events = 1)',
      'thermal thermal_zone0: failed to read out thermal zone (-61)',
    ],
  },
  'slot-power': {
    yes: [
      'mlx5_core 0000:5e:00.0: mlx5_pcie_event:299:(pid 268): Detected insufficient power on the PCIe slot (27W).',
    ],
    no: [
      'mlx5_core 0000:5e:00.0: mlx5_pcie_event:304:(pid 268): PCIe slot advertised sufficient power (75W).',
    ],
  },
  'probe-failed': {
    yes: [
      'igc: probe of 0000:2b:00.0 failed with error -5',
      'igc 0000:70:00.0: probe with driver igc failed with error -13',
    ],
    no: ['i801_smbus: probe of 0000:00:1f.4 failed with error -16'],
  },
  'iommu-fault': {
    yes: [
      `${up}DMAR: [DMA Write NO_PASID] Request device [00:1f.6] fault addr 0x402c2833000 [fault reason 0x05] PTE Write access is not set`,
      `${up}AMD-Vi: Event logged [IO_PAGE_FAULT device=0000:00:1f.6 domain=0x000f address=0x7e800000 flags=0x0050]`,
    ],
    no: [
      `${up}DMAR: [DMA Write NO_PASID] Request device [02:00.0] fault addr 0x402c2833000 [fault reason 0x04] Access beyond MGAW`,
      `${up}DMAR: DRHD: handling fault status reg 3`,
    ],
  },
  'bus-fatal': {
    yes: [
      `${up}pcieport 0000:00:1c.0: AER: Uncorrected (Fatal) error received: 0000:00:1f.6`,
      'igb 0000:02:00.0: PCIe Bus Error: severity=Uncorrected (Non-Fatal), type=Transaction Layer, (Requester ID)',
    ],
    no: [
      'nvme 0000:05:00.0: PCIe Bus Error: severity=Uncorrected (Fatal), type=Inaccessible, (Unregistered Agent ID)',
      'pcieport 0000:00:1c.0: AER: enabled with IRQ 122',
    ],
  },
  'phy-unreadable': {
    yes: ['e1000e 0000:00:1f.6 eno1: Error reading PHY register'],
    no: ['r8169 0000:02:00.0 enp2s0: Error reading PHY register'],
  },
  'mdd-port': {
    yes: [
      'i40e 0000:3b:00.0: TX driver issue detected, PF reset issued',
      'i40e 0000:3b:00.0: TX driver issue detected on PF',
      'i40e 0000:3b:00.0: Malicious Driver Detection event 0x02 on TX queue 6 PF number 0x01 VF number 0x00',
    ],
    no: [
      'i40e 0000:3b:00.0: Malicious Driver Detection event 0x00 on TX queue 65 PF number 0x01 VF number 0x40',
      'i40e 0000:3b:00.0: TX driver issue detected on VF 0 1times',
    ],
  },
  'mdd-function': {
    yes: [
      'i40e 0000:3b:00.0: 4 Tx Malicious Driver Detection events detected on PF 0 VF 3 MAC 52:54:00:00:00:01.',
      'igb 0000:03:00.0 enp3s0: Spoof event(s) detected on VF 2',
    ],
    no: ['i40e 0000:3b:00.0: Allocating 4 VFs.'],
  },
}
