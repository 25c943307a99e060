import { createHash } from 'node:crypto'
import { findValue, findValues, readEntries } from './fact.ts'
import type { Fact } from './fact.ts'

/** Where the controller is, and which devices lie under the way back to it. Names of all kinds, not of NICs alone. */
export type SshWay = {
  readonly client: string | null
  readonly under: readonly string[]
  /** Of the host's own keys, as `ssh-keygen -lf` shows them. */
  readonly hostKeys: readonly string[]
}

/**
 * The connection that the probe itself came over. sudo(8) drops $SSH_CONNECTION, so the environments of the parent
 * processes are asked as well (proc(5), /proc/PID/environ). Where the way back ends in a device that has nothing under
 * it (a tunnel), the devices of the default routes stand in: rather too many ports than too few.
 */
export const ssh: Fact<SshWay> = {
  name: 'ssh',
  command: `
connection=\${SSH_CONNECTION-}
process=$$
while [ -z "$connection" ] && [ "\${process:-0}" -gt 1 ]; do
  if [ -r "/proc/$process/environ" ]; then
    connection=$(tr '\\0' '\\n' <"/proc/$process/environ" | sed -n '/^SSH_CONNECTION=/{s///p;q;}')
  fi
  process=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$process/status")
done
client=\${connection%% *}
client=\${client#::ffff:}
if [ -n "$client" ]; then
  printf 'client %s\\n' "$client"
  case $client in
    *%*) device=\${client#*%} ;;
    *) device=$(bounded 10 ip route get "$client" | sed -n 's/.* dev \\([^ ]*\\).*/\\1/p' | sed q) ;;
  esac
  if [ -n "$device" ]; then
    printf 'under %s\\n' "$device"
    walk "$device" lower 'under '
  fi
  for device in $(bounded 10 ip route show default | sed -n 's/.* dev \\([^ ]*\\).*/\\1/p'); do
    printf 'default %s\\n' "$device"
    walk "$device" lower 'default '
  done
fi
for file in /etc/ssh/ssh_host_*_key.pub; do
  [ ! -r "$file" ] || while read -r _ key _; do printf 'key %s\\n' "$key"; done <"$file"
done
`,
  parse(body) {
    const entries = readEntries(body)
    const under = [...new Set(findValues(entries, 'under'))]
    const fallback = [...new Set(findValues(entries, 'default'))]
    return {
      client: findValue(entries, 'client'),
      under: under.length > 0 ? under : fallback,
      hostKeys: findValues(entries, 'key').map(fingerprint).toSorted(),
    }
  },
}

function fingerprint(key: string): string {
  const sum = createHash('sha256').update(Buffer.from(key, 'base64')).digest('base64')
  return `SHA256:${sum.replace(/=+$/, '')}`
}
