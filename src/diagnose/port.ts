import type { Rate } from '../model/diagnosis.ts'
import type { Collected, PortState } from './collected.ts'
import type { Device } from './devices.ts'
import type { Gathered, Group } from './gather.ts'
import { isOfHost } from './counters.ts'
import { ratesOf, watched } from './readings.ts'

/** Everything that is known of one port, or of the host where `device` is null. */
export type Case = {
  readonly device: Device | null
  readonly state: PortState | null
  readonly groups: readonly Group[]
  readonly rates: readonly Rate[]
  readonly collected: Collected
  readonly gathered: Gathered
  readonly watchedSeconds: number | null
  readonly kernel: string | null
  /** The host's name as commands take it. */
  readonly host: string
}

/** Sets the cases up: the host, then its ports by name. */
export function openCases(gathered: Gathered, collected: Collected, host: string): Case[] {
  const { readings } = collected
  const common = {
    collected,
    gathered,
    watchedSeconds: watched(readings),
    kernel: collected.kernel ?? gathered.heard.kernel,
    host,
  }
  const ports = gathered.devices
    .all()
    .map((device): Case => {
      const state = collected.ports.find(each => each.pci === device.pci) ?? null
      const name = state?.name ?? device.name
      return {
        device,
        state,
        groups: gathered.groups.filter(group => group.device === device),
        rates: name === null ? [] : ratesOf(readings, reading => reading.ports.get(name)),
        ...common,
      }
    })
    .toSorted((one, other) => labelOf(one.device).localeCompare(labelOf(other.device), 'en'))
  const ofHost: Case = {
    device: null,
    state: null,
    groups: gathered.groups.filter(group => group.device === null),
    rates: ratesOf(readings, reading => reading.host).filter(({ counter }) => isOfHost(counter)),
    ...common,
  }
  return [ofHost, ...ports]
}

/** The port's name, else its address; the host has none. */
export const labelOf = (device: Device | null): string => device?.name ?? device?.pci ?? ''

/** How often a group was seen: of a ring buffer and a file that hold the same lines, the one that has more. */
export function countOf({ counts }: Group): number {
  let ring = 0
  let others = 0
  for (const [log, count] of counts) {
    if (log.endsWith('dmesg')) ring += count
    else others += count
  }
  return Math.max(ring, others)
}

/** Seconds from the first to the last, by the clock that has more of them; null where there are not two. */
export function spanOf({ seconds }: Group): number | null {
  const of = (clock: string) => seconds.filter(each => each.clock === clock).map(({ at }) => at)
  const [one, other] = [of('uptime'), of('calendar')]
  const times = one.length > other.length ? one : other
  if (times.length < 2) return null
  return Math.max(...times) - Math.min(...times)
}
