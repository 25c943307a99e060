import {
  parseDriverInfo,
  parseEee,
  parseOffloads,
  parsePause,
  parseRing,
} from '../facts/ethtool.ts'
import { findValue, findValues, readEntries } from '../facts/fact.ts'
import type { Nic, Pause } from '../model/facts.ts'
import { readReading } from './readings.ts'
import type { Reading } from './readings.ts'
import { fullAddress, portName } from './subject.ts'

/** A port as it is set up at the time of the collection. */
export type PortState = {
  readonly name: string
  readonly pci: string
  /** "8086:15bb" */
  readonly pciId: string | null
  readonly driver: string | null
  readonly version: string | null
  readonly firmware: string | null
  readonly up: boolean
  readonly carrier: boolean | null
  readonly speed: number | null
  readonly duplex: 'full' | 'half' | null
  readonly pause: Pause | null
  /** "Advertised pause frame use" of `ethtool`: "No", "Symmetric" … */
  readonly advertisedPause: string | null
  readonly offloads: Nic['offloads']
  readonly ring: Nic['ring']
  readonly eee: boolean | null
  readonly eeeActive: boolean
  /** Supported link modes at their fastest, in Mb/s. */
  readonly fastest: number | null
  /** Lanes in use and possible. */
  readonly lanes: { readonly now: number; readonly most: number } | null
  readonly aspm: boolean | null
  /** The line of lspci(8). */
  readonly model: string | null
}

/** What was collected of a host, parsed. All of it may be missing. */
export type Collected = {
  readonly host: string | null
  readonly kernel: string | null
  /** Calendar seconds and uptime of the collection: what "two days ago" counts from. */
  readonly at: { readonly calendar: number | null; readonly uptime: number | null }
  readonly ports: readonly PortState[]
  readonly readings: readonly Reading[]
  /** `CONFIG_DCB` of the kernel. */
  readonly dcbBuilt: boolean | null
}

export const nothingCollected: Collected = {
  host: null,
  kernel: null,
  at: { calendar: null, uptime: null },
  ports: [],
  readings: [],
  dcbBuilt: null,
}

/**
 * Reads the files of a bundle that are no logs: `meta`, `nic/NAME/…`, `reading/N`; see docs/diagnose.md. What cannot be
 * understood is left out: a bundle is whatever somebody sends.
 */
export function readCollected(files: ReadonlyMap<string, string>): Collected {
  const meta = readEntries(files.get('meta') ?? '')
  const number = (key: string) => {
    const found = Number(findValue(meta, key) ?? 'none')
    return Number.isFinite(found) ? found : null
  }
  const names = [
    ...new Set([...files.keys()].flatMap(path => /^nic\/([^/]+)\//.exec(path)?.[1] ?? [])),
  ]
  const readings = [...files]
    .filter(([path]) => /^reading\/\d+$/.test(path))
    .toSorted(([one], [other]) => numberOf(one) - numberOf(other))
    .flatMap(([, text]) => readReading(text) ?? [])
  const dcb = findValue(meta, 'config-dcb')
  return {
    host: findValue(meta, 'host'),
    kernel: findValue(meta, 'kernel'),
    at: { calendar: number('seconds'), uptime: number('uptime') },
    ports: names.filter(name => portName.test(name)).flatMap(name => readPort(name, files) ?? []),
    readings,
    dcbBuilt: dcb === null ? null : dcb === 'y' || dcb === 'm',
  }
}

const numberOf = (path: string): number => Number(path.slice('reading/'.length))

function readPort(name: string, files: ReadonlyMap<string, string>): PortState | null {
  const said = (what: string) => files.get(`nic/${name}/${what}`) ?? ''
  const sysfs = readEntries(said('sysfs'))
  const value = (key: string) => findValue(sysfs, key)
  const info = parseDriverInfo(said('info'))
  const address = value('pci') ?? info.bus
  if (!/^[0-9a-f]{4,}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/i.test(address)) return null
  const settings = said('settings')
  const carrier = value('carrier') ?? /^[ \t]*Link detected: (yes|no)/m.exec(settings)?.[1] ?? null
  return {
    name,
    pci: fullAddress(address),
    pciId: readPciId(value('vendor'), value('device')),
    driver: value('driver') ?? (info.driver || null),
    version: info.version || null,
    firmware: info.firmware || null,
    up: value('flags') === null ? true : (Number(value('flags')) & 1) === 1,
    carrier: carrier === null ? null : carrier === '1' || carrier === 'yes',
    speed: readSpeed(value('speed'), settings),
    duplex: readDuplex(value('duplex'), settings),
    pause: parsePause(said('pause')),
    advertisedPause:
      /^[ \t]*Advertised pause frame use: (.+)$/m.exec(settings)?.[1]?.trim() || null,
    offloads: parseOffloads(said('features')),
    ring: parseRing(said('ring')),
    eee: parseEee(said('eee')),
    eeeActive: /^[ \t]*EEE status:[ \t]+enabled - active/m.test(said('eee')),
    fastest: readFastest(settings),
    lanes: readLanes(value('lanes'), value('most-lanes')),
    aspm: readAspm(findValues(sysfs, 'aspm')),
    model: said('lspci').split('\n')[0] || null,
  }
}

function readPciId(vendor: string | null, device: string | null): string | null {
  const [one, other] = [vendor, device].map(each => each?.replace(/^0x/, '') ?? '')
  return one && other ? `${one}:${other}` : null
}

function readSpeed(sysfs: string | null, settings: string): number | null {
  const speed = Number(sysfs ?? /^[ \t]*Speed: (\d+)Mb\/s/m.exec(settings)?.[1] ?? '-1')
  return speed > 0 && speed < 0xff_ff_ff_ff ? speed : null
}

function readDuplex(sysfs: string | null, settings: string): 'full' | 'half' | null {
  const word = (sysfs ?? /^[ \t]*Duplex: (\w+)/m.exec(settings)?.[1] ?? '').toLowerCase()
  return word === 'full' || word === 'half' ? word : null
}

/** The fastest of "Supported link modes: 10baseT/Half … 1000baseT/Full", which goes over several lines. */
function readFastest(settings: string): number | null {
  const [, after = ''] = settings.split('Supported link modes:', 2)
  const [modes = ''] = after.split('Supported pause', 1)
  const speeds = Array.from(modes.matchAll(/\b(\d+)base/g), ([, speed]) => Number(speed))
  return speeds.length > 0 ? Math.max(...speeds) : null
}

function readLanes(now: string | null, most: string | null): PortState['lanes'] {
  const [lanes, all] = [now, most].map(Number)
  return lanes && all ? { now: lanes, most: all } : null
}

/** /sys/bus/pci/devices/X/link/l0s_aspm, l1_aspm …: 1 where the state is enabled. */
function readAspm(values: readonly string[]): boolean | null {
  return values.length === 0 ? null : values.includes('1')
}
