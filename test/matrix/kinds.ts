import { existsSync } from 'node:fs'
import { hasShell } from '../host/sim/root.ts'
import type { Kind } from './scenarios.ts'

// As they come: Debian, Alpine, RHEL.
const all: readonly Kind[] = [
  { shell: 'dash', systemd: true, playbook: 'i40e-upgrade' },
  { shell: 'ash', systemd: false, playbook: 'i40e-upgrade' },
  { shell: 'bash', systemd: true, playbook: 'i40e-upgrade' },
  { shell: 'dash', systemd: false, playbook: 'e1000e-flow-control-off' },
  // What the others do not do: a file that goes, a command of the playbook's own.
  { shell: 'dash', systemd: true, playbook: 'driver-revert', driversFromDisk: true },
  { shell: 'ash', systemd: false, playbook: 'own-command' },
]

export const kinds = all.filter(({ shell }) => hasShell(shell))

export const nameKind = ({ shell, systemd, playbook }: Kind): string =>
  `${playbook.split('-')[0]} ${shell}${systemd ? ' systemd' : ''}`

/** Namespaces are for root alone, and strace is what stops the processes. */
export const canTrace: boolean = existsSync('/usr/bin/strace') && process.getuid?.() === 0
