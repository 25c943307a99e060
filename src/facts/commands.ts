import type { Facts } from '../model/facts.ts'
import { readEntries } from './fact.ts'
import type { Fact } from './fact.ts'

/** Commands that nicfix itself uses on a host, or builds a driver with. */
export const wellKnown: readonly string[] = `
  awk base64 cmp cp df find flock logger od readlink sed setsid sha256sum stat sync tar
  timeout gzip xz zstd ethtool ip bridge ifup ifdown ifreload nmcli ping depmod insmod
  modinfo modprobe rmmod lsinitramfs lsinitrd gcc cc make readelf strip systemctl
  systemd-run udevadm
`
  .trim()
  .split(/\s+/)

/**
 * Absolute path of each command on the PATH of root, null where there is none.
 * @param more names that a playbook requires beside the well-known ones; letters, digits and `._+-` only.
 */
export function findCommands(more: readonly string[] = []): Fact<Facts['commands']> {
  const names = [...new Set([...wellKnown, ...more.filter(name => /^[\w.+-]+$/.test(name))])]
  return {
    name: 'commands',
    command: `
for name in ${names.join(' ')}; do
  printf '%s ' "$name"
  command -v "$name" || echo
done
`,
    // busybox ash names its own applets without a path when it was built to prefer them: still there to be run.
    parse: body =>
      Object.fromEntries(
        readEntries(body).map(({ key, value }) => [key, value === '' ? null : value]),
      ),
  }
}
