import type { Stage } from '../../model/diagnosis.ts'
import type { CounterGroup } from '../counters.ts'
import type { StateName } from '../states.ts'

/**
 * A line of a kernel log. `hints` are words of which one is in every such line: only lines with one are looked at.
 * `pattern` is held against the message without its device.
 */
type LogSymptom = {
  readonly kind: 'log'
  readonly hints: readonly string[]
  readonly pattern: RegExp
  /** A port that the line names; the host as a whole; or a driver that did not load, which has no port. */
  readonly about?: 'port' | 'host' | 'driver'
  /** How many lines there must be; one is enough by default. */
  readonly least?: number
}

/** Counters that rise while the host is watched. Totals never count: nobody knows when they came about. */
type CounterSymptom = {
  readonly kind: 'counter'
  readonly group: CounterGroup
  /** By how much at the least, in all and per second. */
  readonly least?: number
  readonly perSecond?: number
}

/** A setting as it is now. */
type StateSymptom = { readonly kind: 'state'; readonly state: StateName }

export type Symptom = LogSymptom | CounterSymptom | StateSymptom

/** What else must be known before a playbook is named; see needs.ts. */
export type Need = 'segmentation-not-off' | 'segmentation-off' | 'ring-below-maximum' | 'i219'

export type Offer = {
  readonly playbook: string
  /** By name; {name} stands for the port. */
  readonly vars?: Readonly<Record<string, string>>
  /** Variables that nobody but the reader can know. */
  readonly missing?: readonly { readonly name: string; readonly about: string }[]
  /** Drivers that it is for; all that the signature is for by default. */
  readonly drivers?: readonly string[]
  /**
   * Versions of the driver that are older than the fix, as semver ranges: of its maker, and of the kernel. Where they are
   * given and the loaded version is not known, the playbook is not named.
   */
  readonly older?: { readonly release: string; readonly inTree: string | null }
  readonly needs?: readonly Need[]
  /** What is to be done before it; the playbook is told then, and not as the next thing to do. */
  readonly after?: string
}

/** One known trouble, as data. */
export type Signature = {
  readonly id: string
  readonly stage: Stage
  /** A note is told beside findings and is none; a stop keeps every playbook of the host back. */
  readonly weight: 'stop' | 'finding' | 'note'
  readonly title: string
  /** Drivers that it is for; all where there are none. */
  readonly drivers?: readonly string[]
  /** Any of these is enough. */
  readonly symptoms: readonly Symptom[]
  /** Other signatures that have to be there as well. */
  readonly with?: readonly string[]
  /** Signatures whose presence explains this one: then it is told as a note, unless it is there more often. */
  readonly explainedBy?: readonly string[]
  readonly cause: string
  readonly advice: readonly string[]
  /** The first one that fits the port is named. */
  readonly offers?: readonly Offer[]
  readonly sources: readonly string[]
}

const tree = 'https://git.kernel.org/pub/scm/linux/kernel/git/torvalds/linux.git/tree'

/** A file of the kernel's source. */
export const linux = (path: string): string => `${tree}/${path}`

export const intel = (driver: string, file = `${driver}_main.c`): string =>
  linux(`drivers/net/ethernet/intel/${driver}/${file}`)

/** A log symptom of a port in its usual form. */
export const says = (hints: string | readonly string[], pattern: RegExp): LogSymptom => ({
  kind: 'log',
  hints: [hints].flat(),
  pattern,
})

export const hostSays = (hints: string | readonly string[], pattern: RegExp): LogSymptom => ({
  ...says(hints, pattern),
  about: 'host',
})

export const rises = (
  group: CounterGroup,
  more: { least?: number; perSecond?: number } = {},
): CounterSymptom => ({
  kind: 'counter',
  group,
  ...more,
})

export const is = (state: StateName): StateSymptom => ({ kind: 'state', state })

export const watchdogHint = 'NETDEV WATCHDOG'

/** dev_watchdog(): "transmit queue 44 timed out", later with milliseconds, since 6.6 after "NETDEV WATCHDOG: CPU: 45: ". */
export const watchdog =
  /^(?:NETDEV WATCHDOG: (?:CPU: \d+: )?)?transmit queue \d+ timed out(?: \d+ ms)?/
