import { frameCommand, firstLine, splitFrames } from '../facts/frame.ts'
import { prelude } from '../facts/prelude.ts'
import { isPart } from './bundle.ts'

/** Bytes of one log that are fetched at the most; the newest ones. */
const logBytes = 6_000_000
/** Counters are read at the most this often, and not more often than each two seconds. */
const mostReadings = 25

/** How often counters are read, and how many seconds apart. */
export function readingsFor(watchSeconds: number): {
  readonly count: number
  readonly every: number
} {
  const intervals = Math.max(1, Math.min(mostReadings - 1, Math.floor(watchSeconds / 2)))
  return { count: intervals + 1, every: Math.max(1, Math.round(watchSeconds / intervals)) }
}

/** All counters at one time: of every port by sysfs and `ethtool -S`, of the stack, and interrupts by processor. */
const readCounters = `
read_counters() {
  IFS=' ' read -r up rest </proc/uptime
  printf 'uptime %s\\n' "$up"
  for net in /sys/class/net/*; do
    name=\${net##*/}
    pci_of "$name" >/dev/null || continue
    printf 'nic %s\\n' "$name"
    for file in "$net"/statistics/* "$net"/carrier_changes; do say "\${file##*/}" "$file"; done
    for queue in "$net"/queues/tx-*; do
      [ ! -r "$queue/tx_timeout" ] || say "\${queue##*/}.tx_timeout" "$queue/tx_timeout"
    done
    if has ethtool; then bounded 10 ethtool -S "$name" | sed -n 's/^ *\\([^ ].*: *[0-9][0-9]*\\)$/\\1/p' | head -n 4000; fi
  done
  sed 's/^/softnet /' /proc/net/softnet_stat
  sed -n 's/^Udp: /udp /p' /proc/net/snmp
  head -n 3000 /proc/interrupts | sed -n 's/^ *[0-9A-Za-z]*: */irq /p' | grep -E "$ports"
}
`

const meta = `
printf 'host %s\\n' "$(uname -n)"
printf 'kernel %s\\n' "$kernel"
IFS=' ' read -r up rest </proc/uptime
printf 'uptime %s\\n' "$up"
printf 'seconds %s\\n' "$(date +%s)"
has ethtool || echo ethtool no
say cmdline /proc/cmdline
say tainted /proc/sys/kernel/tainted
say aspm-policy /sys/module/pcie_aspm/parameters/policy
if [ -r "/boot/config-$kernel" ]; then sed -n 's/^CONFIG_DCB=/config-dcb /p' "/boot/config-$kernel"; fi
`

/** What sysfs says of a port and of the PCI function behind it. */
const sysfs = `
pci=$(pci_of "$name")
device=/sys/bus/pci/devices/$pci
printf 'pci %s\\n' "$pci"
printf 'driver %s\\n' "$(link_name "/sys/class/net/$name/device/driver")"
say vendor "$device/vendor"
say device "$device/device"
for key in flags carrier operstate speed duplex mtu; do say "$key" "/sys/class/net/$name/$key"; done
say lanes "$device/current_link_width"
say most-lanes "$device/max_link_width"
say link-speed "$device/current_link_speed"
say most-link-speed "$device/max_link_speed"
for state in "$device"/link/l*_aspm; do [ ! -r "$state" ] || say aspm "$state"; done
`

const perPort: Readonly<Record<string, string>> = {
  sysfs,
  info: 'bounded 10 ethtool -i "$name"',
  settings: 'bounded 10 ethtool "$name"',
  pause: 'bounded 10 ethtool -a "$name"',
  features: 'bounded 10 ethtool -k "$name" | head -n 200',
  ring: 'bounded 10 ethtool -g "$name"',
  eee: 'bounded 10 ethtool --show-eee "$name"',
  channels: 'bounded 10 ethtool -l "$name"',
  'private-flags': 'bounded 10 ethtool --show-priv-flags "$name" | head -n 100',
  lspci: 'if has lspci; then bounded 10 lspci -s "$(pci_of "$name")"; fi',
}

/**
 * Kernel logs of this boot and of those before: the journal where it has any, else files of syslog. The ring buffer is
 * fetched as well: a journal may have lost what it still has.
 */
const logs = (since: string): Readonly<Record<string, string>> => ({
  dmesg: `dmesg 2>/dev/null | tail -c ${logBytes}`,
  journal: `if has journalctl; then bounded 60 journalctl -q _TRANSPORT=kernel${since} -o short-iso --no-pager 2>/dev/null | tail -c ${logBytes}; fi`,
  'kern.log': `
if ! { has journalctl && [ -n "$(bounded 20 journalctl -q _TRANSPORT=kernel -n 1 --no-pager 2>/dev/null)" ]; }; then
  for file in /var/log/kern.log.1 /var/log/kern.log /var/log/messages.1 /var/log/messages; do
    [ ! -r "$file" ] || grep -a ' kernel: ' "$file" | tail -c ${logBytes / 2}
  done
fi`,
})

export type Collection = {
  /** How long counters are watched. */
  readonly watchSeconds: number
  /** Only log lines of the last seconds; all by default. */
  readonly sinceSeconds: number | null
}

/**
 * One script for \`sh -s\`, as root, that reads only and prints every part of a bundle. The counters are read between the
 * rest, so that waiting for them is the only time it takes.
 */
export function collectScript({ watchSeconds, sinceSeconds }: Collection): string {
  const since = sinceSeconds === null ? '' : ` --since=-${Math.ceil(sinceSeconds)}s`
  const { count, every } = readingsFor(watchSeconds)
  const readings = Array.from({ length: count }, (_, at) => {
    const wait = at === 0 ? '' : `sleep ${every}\n`
    return frameCommand(`reading/${at + 1}`, `${wait}read_counters\n`)
  })
  const files = Object.entries(logs(since)).map(([name, text]) =>
    frameCommand(`log/${name}`, `${text}\n`),
  )
  return `${prelude}${readCounters}
collect() {
  echo '${firstLine}'
  ports=$(for net in /sys/class/net/*; do pci_of "\${net##*/}" >/dev/null && printf '%s|' "\${net##*/}"; done)virtio
  parts=0
${frameCommand('meta', meta)}
  for net in /sys/class/net/*; do
    name=\${net##*/}
    pci_of "$name" >/dev/null || continue
    parts=$((parts + ${Object.keys(perPort).length}))
${Object.entries(perPort)
  .map(([what, text]) => framePort(what, text))
  .join('')}
  done
${readings.join('')}
${files.join('')}
  echo "@end $((parts + ${1 + readings.length + files.length}))"
}
collect
`
}

/** As frameCommand, with a name that only the host knows. */
function framePort(what: string, command: string): string {
  const marker = 'PORT'
  return frameCommand(`nic/${marker}/${what}`, `${command}\n`).replace(
    `echo '@fact nic/${marker}/${what}'`,
    `printf '@fact nic/%s/${what}\\n' "$name"`,
  )
}

/** The parts of a bundle that the script printed, by name; empty ones are left out. @throws {Unreadable} where it was cut */
export function readCollection(stdout: string): Map<string, string> {
  const parts = [...splitFrames(stdout)]
  return new Map(parts.filter(([path, text]) => isPart(path) && text.trim() !== ''))
}
