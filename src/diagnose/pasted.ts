import type { Devices } from './devices.ts'
import { fullAddress } from './subject.ts'

/** What else is known of the host from the text of a log, or from outputs that a report has pasted into it. */
export type Heard = {
  kernel: string | null
  dcbBuilt: boolean | null
  /** Line of lspci(8) by PCI address. */
  readonly models: Map<string, string>
}

export const pastedHints = [
  'Linux version ',
  ' Comm: ',
  'renamed from',
  'Network Driver',
  'Network Connection',
  'NIC Link is',
  'bus-info: ',
  'Advertised pause frame use: ',
  'Ethernet controller: ',
  'CONFIG_DCB=',
] as const

/** Learns from a message of the kernel. */
export function hearMessage(message: string, devices: Devices, heard: Heard): void {
  const [, booted] = /^Linux version (\d[\w.+~-]*)/.exec(message) ?? []
  if (booted !== undefined) heard.kernel = booted
  const [, crashed] =
    / Comm: .*?(?:Not tainted|Tainted: [A-Z ]+?) +(\d+\.\d+[\w.+~-]*) #/.exec(message) ?? []
  if (crashed !== undefined) heard.kernel ??= crashed
  const loaded = /^(\w+): Intel\(R\) .*Network Driver(?: - (?:version )?(\d[\w.-]*))?/.exec(message)
  // Since 5.9 the driver of the kernel says no version of its own; `ethtool -i` shows the kernel's then.
  if (loaded) devices.setVersion(loaded[1] ?? '', loaded[2] ?? heard.kernel)
}

/** Learns from a line of the output of a command; `before` are the lines before it, the nearest first. */
export function hearOutput(
  line: string,
  before: Iterable<string>,
  devices: Devices,
  heard: Heard,
): void {
  const text = line.trim()
  const [, bus] = /^bus-info: ([\da-f:.]+)$/i.exec(text) ?? []
  if (bus !== undefined) return hearDriverInfo(fullAddress(bus), before, devices, heard)
  const [, pause] = /^Advertised pause frame use: (.+)$/.exec(text) ?? []
  if (pause !== undefined) {
    const [name] = take(before, 20, /^\s*Settings for ([\w.@+-]+):/)
    const device = name && devices.find({ name, driver: null, pci: null, text: '' })
    if (device) device.advertisedPause = pause
  }
  const [, slot, model] =
    /^((?:[\da-f]{4}:)?[\da-f]{2}:[\da-f]{2}\.[0-7]) (Ethernet controller: .+)$/i.exec(text) ?? []
  if (slot !== undefined) heard.models.set(fullAddress(slot), model ?? '')
  const [, built] = /^CONFIG_DCB=([ymn])$/.exec(text) ?? []
  if (built !== undefined) heard.dcbBuilt = built !== 'n'
}

/** `ethtool -i`: driver, version and firmware stand in the lines before the address. */
function hearDriverInfo(
  pci: string,
  before: Iterable<string>,
  devices: Devices,
  heard: Heard,
): void {
  const lines = Array.from(nearest(before, 8))
  const find = (key: string) =>
    lines
      .find(each => each.trim().startsWith(`${key}: `))
      ?.trim()
      .slice(key.length + 2) ?? null
  const driver = find('driver')
  const device = driver && devices.find({ pci, driver, name: null, text: '' })
  if (!device) return
  // The call itself, where it was pasted as well: "$ ethtool -i eno3".
  const [name] = take(lines, 9, /ethtool -i ([\w.@+-]+)\s*$/)
  if (name !== undefined) devices.call(device, name)
  device.version = find('version') ?? device.version ?? heard.kernel
  device.firmware = find('firmware-version')
}

function* nearest(lines: Iterable<string>, most: number): Iterable<string> {
  let left = most
  for (const line of lines) {
    if (left === 0) return
    left -= 1
    yield line
  }
}

function take(lines: Iterable<string>, most: number, pattern: RegExp): string[] {
  for (const line of nearest(lines, most)) {
    const match = pattern.exec(line)
    if (match?.[1]) return [match[1]]
  }
  return []
}
