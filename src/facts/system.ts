import type { Facts } from '../model/facts.ts'
import { findValue, readEntries, Unreadable } from './fact.ts'
import type { Fact } from './fact.ts'

type System = Pick<
  Facts,
  'machineId' | 'bootId' | 'kernel' | 'arch' | 'os' | 'uptimeSeconds' | 'systemd'
>

/**
 * Which machine, which boot and which kernel. machine-id(5), os-release(5), proc(5): /proc/uptime,
 * /proc/sys/kernel/random/boot_id. A host without a machine id (Alpine has none) gives an empty one.
 */
export const system: Fact<System> = {
  name: 'system',
  command: `
for id in /etc/machine-id /var/lib/dbus/machine-id; do
  if [ -s "$id" ]; then say machine "$id"; break; fi
done
say boot /proc/sys/kernel/random/boot_id
printf 'kernel %s\\n' "$kernel"
printf 'arch %s\\n' "$(uname -m)"
say uptime /proc/uptime
if [ -d /run/systemd/system ]; then echo systemd yes; fi
if [ -r /etc/os-release ]; then sed -n 's/^\\([A-Z_]*\\)=/os-\\1 /p' /etc/os-release; fi
`,
  parse(body) {
    const entries = readEntries(body)
    const os = (key: string) => unquote(findValue(entries, `os-${key}`) ?? '')
    const uptime = Number.parseFloat(findValue(entries, 'uptime') ?? '')
    if (Number.isNaN(uptime)) throw new Unreadable('/proc/uptime does not begin with a number')
    return {
      machineId: findValue(entries, 'machine') ?? '',
      bootId: demand(findValue(entries, 'boot'), 'boot id'),
      kernel: demand(findValue(entries, 'kernel'), 'kernel release'),
      arch: demand(findValue(entries, 'arch'), 'architecture'),
      os: { id: os('ID'), version: os('VERSION_ID'), name: os('PRETTY_NAME') },
      uptimeSeconds: Math.floor(uptime),
      systemd: findValue(entries, 'systemd') === 'yes',
    }
  },
}

function demand(value: string | null, what: string): string {
  if (value === null) throw new Unreadable(`the host did not tell its ${what}`)
  return value
}

/** os-release(5) quotes values as a shell does. */
function unquote(text: string): string {
  return text.replace(/^(["'])(.*)\1$/, '$2').replaceAll(/\\(["'$`\\])/g, '$1')
}
