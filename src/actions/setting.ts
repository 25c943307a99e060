import type { Facts, Nic } from '../model/facts.ts'
import type { Risk, Setting, Wanted } from '../model/playbook.ts'
import { problem } from '../problems.ts'
import type { Problem } from '../problems.ts'

/** ethtool(8): the option by which each setting is changed. */
export const ethtoolOption: Readonly<Record<Setting, string>> = {
  pause: '-A',
  offload: '-K',
  ring: '-G',
  eee: '--set-eee',
}

/** What a port is to have, in the words that ethtool takes. */
export type Verdict = {
  readonly want: string
  /** What it has now of that, and of all that may follow it. */
  readonly before: string
  /** Whether the link partner learns of it only by a new negotiation. */
  readonly renegotiate: boolean
  /** How long the link may be down. */
  readonly seconds: number
  /** What the playbook takes upon itself by that. */
  readonly warning?: string
}

export type Place = {
  readonly host: string
  readonly step: string
  /** What the playbook takes upon itself. */
  readonly accepted: readonly Risk[]
}

/** How one setting is judged on one port: what it comes to, or NF2022. */
export type Judge<S extends Setting> = (
  nic: Nic,
  wanted: Wanted[S],
  place: Place,
) => Verdict | Problem

/** Seconds that a copper link takes at most to come back from a negotiation (1000BASE-T, without spanning tree). */
export const blipSeconds = 10

export const onOff = (on: boolean): string => (on ? 'on' : 'off')

/** What the port has now of the settings that words such as "tso off gso off" name, in their order. */
export function wordsNow(nic: Nic, setting: Setting, like: string): string {
  const now = valuesOf(nic, setting)
  const keys = like.split(' ').filter((_, at) => at % 2 === 0)
  return keys.map(key => `${key} ${now[key] ?? 'none'}`).join(' ')
}

/** All of one setting, as the port has it now. */
export function sayNow(nic: Nic, setting: Setting): string {
  const words = Object.entries(valuesOf(nic, setting)).map(([key, value]) => `${key} ${value}`)
  return words.join(' ') || 'none'
}

function valuesOf(nic: Nic, setting: Setting): Readonly<Record<string, string>> {
  switch (setting) {
    case 'pause':
      return mapValues(nic.pause ?? {}, onOff)
    case 'offload':
      return mapValues(nic.offloads, ({ on }) => onOff(on))
    case 'ring':
      return nic.ring === null ? {} : { rx: `${nic.ring.rx}`, tx: `${nic.ring.tx}` }
    case 'eee':
      return nic.eee === null ? {} : { eee: onOff(nic.eee) }
  }
}

const mapValues = <Value>(
  of: Readonly<Record<string, Value>>,
  say: (value: Value) => string,
): Record<string, string> =>
  Object.fromEntries(Object.entries(of).map(([key, value]) => [key, say(value)]))

/** NF2022: a setting that the port cannot take, or must not get. */
export function cannotSet(
  nic: Nic,
  { host, step }: Place,
  message: string,
  next: string,
  ...details: readonly string[]
): Problem {
  const found = `found      ${nic.name} ${nic.pci} driver ${nic.driver}`
  return problem('NF2022', message, next, {
    host,
    details: [found, ...details, `step       ${step}`],
  })
}

/** Where ethtool lies on the host. */
export function ethtoolPath(facts: Facts): string {
  const path = facts.commands['ethtool']
  return path?.startsWith('/') ? path : '/usr/sbin/ethtool'
}
