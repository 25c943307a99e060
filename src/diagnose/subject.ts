/** What a message of the kernel says of the device that it is about. */
export type Subject = {
  readonly driver: string | null
  /** With its domain: "0000:00:1f.6". */
  readonly pci: string | null
  readonly name: string | null
  /** The message without what names the device. */
  readonly text: string
}

const none = { driver: null, pci: null, name: null }

/** A name that the kernel would give or take, dev_valid_name() in net/core/dev.c; nothing that a shell or an option could be. */
export const portName = /^[A-Za-z0-9_][\w.:@+-]{0,14}$/
const port = String.raw`[A-Za-z0-9_][\w.@+-]{0,14}`
const address = String.raw`(?:[0-9a-fA-F]{4,}:)?[0-9a-fA-F]{2}:[0-9a-fA-F]{2}\.[0-7]`
const driver = String.raw`[a-z][\w-]+`

type Form = {
  readonly pattern: RegExp
  readonly read?: (groups: Groups, text: string) => Partial<Subject>
}
type Groups = Readonly<Record<string, string | undefined>>

/** The forms in which drivers and the core name a device, from the surest to the loosest. The first that fits is taken. */
const forms: readonly Form[] = [
  // dev_printk() and netdev_printk(): "e1000e 0000:00:1f.6 eno1: text", "tg3 0000:02:00.0: eth0: text"
  {
    pattern: new RegExp(
      `^(?:[a-z_0-9]+: )?(?<driver>${driver}) (?<pci>${address})(?: \\(unnamed net_device\\) \\(uninitialized\\)| (?<name>${port}))?: (?:(?<later>${port}): )?`,
    ),
    read: ({ name, later }, text) => takeLater(name, later, text),
  },
  // a driver that gave up: "i40e: probe of 0000:1a:00.0 failed with error -5"
  { pattern: new RegExp(`^(?<driver>${driver}): probe of (?<pci>${address}) `), read: keep },
  // virtio: "virtio_net virtio0 eth0: text"
  { pattern: new RegExp(`^(?<driver>${driver}) virtio\\d+(?: (?<name>${port}))?: `) },
  // dev_watchdog() before 6.6
  { pattern: new RegExp(`^NETDEV WATCHDOG: (?<name>${port}) \\((?<driver>${driver})\\): `) },
  // bnx2x: "bnx2x: [bnx2x_panic_dump:785(eth0)]text"
  { pattern: new RegExp(`^(?<driver>bnx2x): \\[\\w+:\\d+\\((?<name>${port})\\)\\] ?`) },
  // before dev_printk(): "e1000e: eth0 NIC Link is Down", "e1000: eth0: e1000_clean_tx_irq: text", "bnx2: eth0 NIC Copper Link is Up"
  {
    pattern: new RegExp(
      `^(?<driver>e1000e?|igb|igc|ixgbe|i40e|bnx2|tg3|r8169|mlx4_en|mlx5_core|be2net|sky2|forcedeth): (?<name>${port})(?::| (?=NIC ))\\s?`,
    ),
  },
  // IOMMU: the device that did it, whoever reports it
  { pattern: new RegExp(`^DMAR: \\[.*\\] Request device \\[(?<pci>${address})\\]`), read: keep },
  { pattern: new RegExp(`^AMD-Vi: Event logged \\[\\w+ device=(?<pci>${address})`), read: keep },
  { pattern: new RegExp(`^arm-smmu.*(?:sid|client).*(?<pci>${address})`), read: keep },
  // bridge, bond, team
  { pattern: new RegExp(`^${port}: port \\d+\\((?<name>${port})\\) `) },
  { pattern: new RegExp(`^${port}: received packet on (?<name>${port}) `), read: keep },
  {
    pattern: new RegExp(`^(?:bonding: )?${port}: \\((?:slave|port) (?<name>${port})\\):? `),
    read: keep,
  },
  {
    pattern: new RegExp(`^(?:bonding: )?${port}: link status .* interface (?<name>${port})`),
    read: keep,
  },
  // the core: "eth0: hw csum failure"
  { pattern: new RegExp(`^(?<name>${port}): `) },
]

const groupNames = ['driver', 'pci', 'name'] as const

/** Finds out which device a message names; one that names none is a message of the host. */
export function readSubject(message: string): Subject {
  const raised =
    /^(?:pcieport|shpchp|pciehp) \S+ AER: .*?(?<pci>[0-9a-f]{4,}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7])/.exec(
      message,
    )
  // A port of the PCI tree reports the error of what is below it.
  if (raised?.groups)
    return { ...none, pci: fullAddress(raised.groups['pci'] ?? ''), text: message }
  for (const { pattern, read } of forms) {
    const match = pattern.exec(message)
    if (!match) continue
    const groups: Groups = match.groups ?? {}
    const [found, pci, name] = groupNames.map(key => groups[key] ?? null)
    const subject = {
      driver: found ?? null,
      pci: pci ? fullAddress(pci) : null,
      name: name ?? null,
    }
    const text = message.slice(match[0].length)
    return { ...subject, text, ...read?.(groups, read === keep ? message : text) }
  }
  return { ...none, text: message }
}

function keep(_: Groups, text: string): Partial<Subject> {
  return { text }
}

/** "0000:02:00.0: eth0: text" of old drivers names the port after the address; "fw 3.33: text" does not. */
function takeLater(
  name: string | undefined,
  later: string | undefined,
  text: string,
): Partial<Subject> {
  if (later === undefined) return {}
  const isName = /^(?:eth|en|em|p\d+p|ib|wl|lan|wan|net|nic)\w*\d/.test(later) && name === undefined
  if (isName) return { name: later }
  // igb says its name twice: "igb 0000:01:00.0 eth0: igb: eth0 NIC Link is Up"
  return { text: `${later}: ${text}` }
}

/** "02:00.0" as "0000:02:00.0". */
export function fullAddress(pci: string): string {
  const lower = pci.toLowerCase()
  return lower.split(':').length === 2 ? `0000:${lower}` : lower
}
