import { intel, linux, says } from './signature.ts'
import type { Signature } from './signature.ts'

/** Adapters whose firmware is in trouble. No setting of the driver helps there. */
export const firmwareSignatures: readonly Signature[] = [
  {
    id: 'bnxt-firmware',
    stage: 'device',
    weight: 'finding',
    title: 'the firmware of the adapter does not answer, or has reset itself',
    drivers: ['bnxt_en'],
    symptoms: [
      says(
        [
          'Error (timeout: ',
          'Firmware fatal reset',
          'Firmware not responding',
          'Firmware reset aborted',
          'hwrm req_type',
        ],
        /^(?:Error \(timeout: \d+\) msg \{|Firmware fatal reset event received|Firmware not responding|Firmware reset aborted)/,
      ),
    ],
    cause: 'Commands to the firmware time out; transmit timeouts after that are a consequence.',
    advice: [
      'Firmware of the server vendor for this adapter, then the kernel of the distribution; a cold start for now.',
    ],
    sources: [linux('drivers/net/ethernet/broadcom/bnxt/bnxt_hwrm.c')],
  },
  {
    id: 'bnx2-firmware',
    stage: 'device',
    weight: 'finding',
    title: 'the management firmware of the adapter does not answer',
    drivers: ['bnx2'],
    symptoms: [
      { ...says('fw sync timeout', /^(?:bnx2: )?fw sync timeout, reset code = /), about: 'host' },
    ],
    cause: 'The bootcode of the adapter hangs, often after a reset.',
    advice: [
      'Power the host off for a minute, not only reboot it; then the firmware of the server vendor.',
    ],
    sources: [linux('drivers/net/ethernet/broadcom/bnx2.c')],
  },
  {
    id: 'bnx2x-panic',
    stage: 'device',
    weight: 'finding',
    title: 'the firmware of the adapter has stopped with an assertion',
    drivers: ['bnx2x'],
    symptoms: [
      says(
        ['MC assert', 'begin crash dump', 'storm stats were not updated'],
        /^(?:MC assert!|begin crash dump|storm stats were not updated for \d+ times)/,
      ),
    ],
    cause: 'The adapter cannot go on before it is reset.',
    advice: [
      'Firmware package (linux-firmware) and kernel of the distribution; then the NVM image of the server vendor.',
    ],
    sources: [linux('drivers/net/ethernet/broadcom/bnx2x/bnx2x_main.c')],
  },
  {
    id: 'mlx5-health',
    stage: 'device',
    weight: 'finding',
    title: 'the firmware of the adapter does not answer, or reports an internal error',
    drivers: ['mlx5_core', 'mlx4_core'],
    symptoms: [
      says(
        [
          "device's health compromised",
          'Will cause a leak of a command resource',
          'Internal error detected',
          'health recovery flow aborted',
        ],
        /(?:device's health compromised|timeout\. Will cause a leak of a command resource|^Internal error detected:|health recovery flow aborted)/,
      ),
    ],
    cause:
      'The driver resets the adapter or gives it up; transmit timeouts near it are a consequence.',
    advice: [
      '`devlink health show pci/{pci}`; firmware of the adapter, then the kernel of the distribution.',
    ],
    sources: [
      linux('drivers/net/ethernet/mellanox/mlx5/core/health.c'),
      linux('drivers/net/ethernet/mellanox/mlx5/core/cmd.c'),
    ],
  },
  {
    id: 'be2net-error',
    stage: 'device',
    weight: 'finding',
    title: 'the adapter reports an error that it cannot recover from',
    drivers: ['be2net'],
    symptoms: [
      says(
        ['Error detected in the card', 'Unrecoverable Error detected'],
        /^(?:Error detected in the (?:card|adapter)|Unrecoverable Error detected)/,
      ),
    ],
    cause: 'Firmware or hardware of the adapter.',
    advice: ['Firmware of the server vendor; a cold start for now.'],
    sources: [linux('drivers/net/ethernet/emulex/benet/be_main.c')],
  },
  {
    id: 'firmware-recovery',
    stage: 'device',
    weight: 'stop',
    title: 'the firmware of the adapter is in recovery mode',
    drivers: ['i40e', 'ice', 'ixgbe', 'idpf'],
    symptoms: [
      says(
        ['recovery mode'],
        /^(?:Firmware recovery mode detected\.|Entering recovery mode due to repeated FW resets)/,
      ),
    ],
    cause: 'The image in its flash is damaged or was not written to the end.',
    advice: [
      'Write the image again with the maker’s tool (nvmupdate64e, or the server vendor’s); else have the adapter replaced.',
    ],
    sources: [intel('i40e'), intel('ice')],
  },
  {
    id: 'hmc-error',
    stage: 'device',
    weight: 'stop',
    title: 'the adapter reports an error of its own memory cache (HMC)',
    drivers: ['i40e', 'iavf'],
    symptoms: [says(['HMC error', 'HMC Error'], /HMC [Ee]rror/)],
    cause:
      'Firmware and driver do not agree on the memory of the adapter, or its hardware is defective.',
    advice: [
      'NVM image of the server vendor first; then the adapter in another slot; then another adapter.',
    ],
    sources: [intel('i40e')],
  },
  {
    id: 'nvm-checksum',
    stage: 'device',
    weight: 'finding',
    title: 'the checksum of the adapter’s NVM is wrong',
    drivers: ['e1000', 'e1000e', 'igb', 'igc', 'ixgbe'],
    symptoms: [says('Checksum Is Not Valid', /The (?:NVM|EEPROM) Checksum Is Not Valid/)],
    cause: 'Its settings in flash are damaged; the driver gives the port up.',
    advice: [
      'Write the NVM again with the maker’s tool, or the BIOS where the port is part of the board.',
    ],
    sources: [intel('e1000e', 'netdev.c'), intel('igb')],
  },
  {
    id: 'nvm-too-new',
    stage: 'device',
    weight: 'finding',
    title: 'the driver stopped, because the NVM image is of a newer kind than it knows',
    drivers: ['i40e', 'ice'],
    symptoms: [
      says(
        ['stopped because the NVM image is newer', 'device firmware failed to init'],
        /The driver for the device stopped because the (?:NVM image is newer than expected|device firmware failed to init)/,
      ),
    ],
    cause: 'The firmware was updated and the driver was not. There is no port until they fit.',
    advice: [
      'Update the kernel of the distribution, and with it the driver. Loading an older driver makes it no better.',
    ],
    sources: [intel('i40e'), intel('ice')],
  },
  {
    id: 'ice-safe-mode',
    stage: 'device',
    weight: 'finding',
    title: 'the port runs in safe mode, with one queue and without offloads',
    drivers: ['ice'],
    symptoms: [says('Safe Mode', /(?:Entering Safe Mode|Device now in Safe Mode)/)],
    cause: 'The package of the pipeline (ice.pkg, DDP) was not found or does not fit the NVM.',
    advice: [
      'Install the firmware package of the distribution (linux-firmware, firmware-misc-nonfree); /lib/firmware/intel/ice/ddp/ice.pkg. Then load the driver anew.',
    ],
    sources: [intel('ice')],
  },
]
