import type { Rate } from '../model/diagnosis.ts'
import { meaningOf } from './counters.ts'
import { portName } from './subject.ts'

type Counters = ReadonlyMap<string, number>

/** All counters at one time. */
export type Reading = {
  /** Seconds, of a clock that only goes forward. */
  readonly at: number
  readonly ports: ReadonlyMap<string, Counters>
  /** Of the host: "softnet.dropped", "udp.RcvbufErrors". */
  readonly host: Counters
  /** Interrupts of each port by processor. */
  readonly interrupts: ReadonlyMap<string, readonly number[]>
}

/**
 * Reads what one round of counters printed: "uptime 12.34", then "nic NAME" with "name value" lines of its counters, and
 * lines of /proc/net/softnet_stat, /proc/net/snmp and /proc/interrupts after a word for each.
 * @returns null where it has no time: nothing can be compared with it.
 */
export function readReading(text: string): Reading | null {
  const ports = new Map<string, Map<string, number>>()
  const host = new Map<string, number>()
  const interrupts: string[] = []
  const udp: string[] = []
  let at: number | null = null
  let port: Map<string, number> | null = null
  const add = (name: string, value: number) => host.set(name, (host.get(name) ?? 0) + value)
  for (const line of text.split('\n')) {
    const [word = '', ...rest] = line.trim().split(/\s+/)
    if (word === 'uptime') at = Number(rest[0])
    else if (word === 'nic') {
      port = new Map()
      if (portName.test(rest[0] ?? '')) ports.set(rest[0]!, port)
    } else if (word === 'softnet') {
      add('softnet.dropped', readHex(rest[1]))
      add('softnet.time_squeeze', readHex(rest[2]))
    } else if (word === 'udp') udp.push(line.trim().slice('udp '.length))
    else if (word === 'irq') interrupts.push(line.trim().slice('irq '.length))
    else if (port && word !== '') readCounter(line, port)
  }
  readUdp(udp, host)
  if (at === null || !Number.isFinite(at)) return null
  return { at, ports, host, interrupts: sumInterrupts(interrupts, [...ports.keys()]) }
}

/** "tx-44.tx_packets: 222225" of `ethtool -S`, or "rx_packets 12" of sysfs. What sysfs has too is kept as ethtool has it. */
function readCounter(line: string, port: Map<string, number>): void {
  // From the end: a name may have blanks, and no line, however long, may take long.
  const [digits] = /(?<!\d)\d+$/.exec(line.trim()) ?? []
  if (digits === undefined || !digitsOnly.test(digits) || port.size >= 20_000) return
  const before = line.trim().slice(0, -digits.length)
  const name = before.trimEnd().replace(/:$/, '')
  if (/^[\w.\- [\]]+$/.test(name) && name.length < before.length) port.set(name, Number(digits))
}

/** No counter has more than 64 bits. */
const digitsOnly = /^\d{1,20}$/

const readHex = (word = ''): number =>
  /^[0-9a-f]{1,16}$/i.test(word) ? Number.parseInt(word, 16) : 0

/** Two lines of /proc/net/snmp: names, then values. */
function readUdp([names = '', values = '']: readonly string[], host: Map<string, number>): void {
  const at = names.split(/\s+/).indexOf('RcvbufErrors')
  const value = at > 0 ? values.split(/\s+/)[at] : undefined
  if (value !== undefined && digitsOnly.test(value)) host.set('udp.RcvbufErrors', Number(value))
}

/** Lines of /proc/interrupts that end in the name of a port, or begin a word with it: "eno1-rx-0", "i40e-eno3-TxRx-1". */
function sumInterrupts(
  lines: readonly string[],
  names: readonly string[],
): Map<string, readonly number[]> {
  const sums = new Map<string, number[]>()
  for (const line of lines) {
    const words = line.split(/\s+/)
    const end = words.findIndex(word => !digitsOnly.test(word))
    const name = names.find(each =>
      words.slice(end).some(word => word.split(/[,-]/).includes(each)),
    )
    if (end === -1 || name === undefined) continue
    const sum = sums.get(name) ?? []
    for (const [cpu, count] of words.slice(0, end).map(Number).entries())
      sum[cpu] = (sum[cpu] ?? 0) + count
    sums.set(name, sum)
  }
  return sums
}

/** Seconds from the first reading to the last; null where there are not two. */
export function watched(readings: readonly Reading[]): number | null {
  const [first, last] = [readings[0], readings.at(-1)]
  return first && last && last.at > first.at ? last.at - first.at : null
}

/** How each counter moved between the readings. One that went back was reset, and counts from there. */
export function ratesOf(
  readings: readonly Reading[],
  pick: (reading: Reading) => Counters | undefined,
): Rate[] {
  const seconds = watched(readings)
  const last = readings.at(-1)
  if (seconds === null || !last) return []
  return [...(pick(last)?.keys() ?? [])].flatMap(counter => {
    const course: number[] = []
    let delta = 0
    let reset = false
    for (const [at, reading] of readings.entries()) {
      const before = readings[at - 1]
      if (!before) continue
      const [from, to] = [pick(before)?.get(counter), pick(reading)?.get(counter)]
      if (from === undefined || to === undefined) return []
      const moved = to >= from ? to - from : to
      reset ||= to < from
      delta += moved
      course.push(moved / Math.max(reading.at - before.at, 0.001))
    }
    const whole = Math.min(delta, Number.MAX_SAFE_INTEGER)
    return [
      {
        counter,
        meaning: meaningOf(counter),
        delta: whole,
        perSecond: delta / seconds,
        reset,
        course,
      },
    ]
  })
}
