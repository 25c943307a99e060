import { knownPorts } from '../../src/diagnose/bundle.ts'
import { readCollected } from '../../src/diagnose/collected.ts'
import { diagnose } from '../../src/diagnose/diagnose.ts'
import { startGathering } from '../../src/diagnose/gather.ts'
import type { Diagnosis, Finding } from '../../src/model/diagnosis.ts'

type Asked = {
  readonly name?: string
  readonly host?: string
  readonly nic?: string
  readonly parts?: Parts
}
export type Parts = Readonly<Record<string, string>>

/** What is said of a log, and of the parts of a bundle beside it. */
export function diagnoseLog(
  text: string | Uint8Array,
  { name = 'dmesg', host, nic, parts = {} }: Asked = {},
): Diagnosis {
  const collected = readCollected(new Map(Object.entries(parts)))
  const gathering = startGathering(knownPorts(collected), { calendar: null, uptime: null })
  const log = gathering.open(name)
  log.push(Buffer.from(text))
  log.end()
  return diagnose(
    gathering.end(),
    { nicfix: '0.1.0', host: host ?? null, nic: nic ?? null },
    collected,
  )
}

export const findingsOf = ({ findings, ports }: Diagnosis): Finding[] => [
  ...findings,
  ...ports.flatMap(each => each.findings),
]

export const notesOf = ({ notes, ports }: Diagnosis): Finding[] => [
  ...notes,
  ...ports.flatMap(each => each.notes),
]

/** Ids of all findings and notes, sorted. */
export const idsOf = (diagnosis: Diagnosis): string[] =>
  [...findingsOf(diagnosis), ...notesOf(diagnosis)].map(({ signature }) => signature).toSorted()

/** Playbooks that are told as the next thing to do. */
export const playbooksOf = (diagnosis: Diagnosis): string[] =>
  findingsOf(diagnosis).flatMap(({ playbook }) =>
    playbook && playbook.withheld === null ? [playbook.name] : [],
  )

type PortParts = {
  readonly name?: string
  readonly pci?: string
  readonly driver?: string
  readonly version?: string
  readonly duplex?: string
  readonly sysfs?: string
  readonly more?: Parts
}

/** The parts of a bundle that are about one port. */
export function port({
  name = 'eno1',
  pci = '0000:00:1f.6',
  driver = 'e1000e',
  version = '6.1.0-50-amd64',
  duplex = 'full',
  sysfs = '',
  more = {},
}: PortParts = {}): Parts {
  const parts = {
    sysfs: `pci ${pci}\ndriver ${driver}\nvendor 0x8086\ndevice 0x15bb\nflags 0x1003\ncarrier 1\nspeed 1000\nduplex ${duplex}\n${sysfs}`,
    info: `driver: ${driver}\nversion: ${version}\nfirmware-version: 0.13-4\nbus-info: ${pci}\n`,
    ...more,
  }
  return {
    meta: 'host h1\nkernel 6.1.0-50-amd64\nuptime 5000.00\nseconds 1763855523\n',
    ...Object.fromEntries(
      Object.entries(parts).map(([what, text]) => [`nic/${name}/${what}`, text]),
    ),
  }
}

type Moved = Readonly<Record<string, number>>

const hex = (value: number): string => value.toString(16).padStart(8, '0')

const still: Moved = {}

/** Two readings, a minute apart, between which counters of a port, or of the host, have moved. */
export function readings(moved: Moved, { name = 'eno1', host = still, irq = '' } = {}): Parts {
  const base = 1000
  const lines = (factor: number) =>
    Object.entries({ rx_packets: 60_000, tx_packets: 30_000, ...moved }).map(
      ([counter, delta]) => `${counter}: ${base + delta * factor}`,
    )
  const one = (factor: number) =>
    [
      `uptime ${(4000 + factor * 60).toFixed(2)}`,
      `nic ${name}`,
      ...lines(factor),
      `softnet ${hex(base)} ${hex((host['dropped'] ?? 0) * factor)} ${hex((host['squeezed'] ?? 0) * factor)}`,
      'udp InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors',
      `udp 10 0 0 10 ${(host['udp'] ?? 0) * factor} 0`,
      ...(irq === ''
        ? []
        : [
            `irq ${irq.replaceAll('N', String(factor * 50_000)).replaceAll('O', String(factor * 3))}`,
          ]),
    ].join('\n')
  return { 'reading/1': one(0), 'reading/2': one(1) }
}
