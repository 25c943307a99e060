import type { Ignored, LogRead } from '../model/diagnosis.ts'
import { isPortDriver, startDevices } from './devices.ts'
import type { Device, Devices, Known } from './devices.ts'
import { readLine } from './log/line.ts'
import type { LogLine } from './log/line.ts'
import type { Moment } from './log/moment.ts'
import { scanLog } from './log/scan.ts'
import type { Hit } from './log/scan.ts'
import { prepareWords } from './log/words.ts'
import { hearMessage, hearOutput, pastedHints } from './pasted.ts'
import type { Heard } from './pasted.ts'
import { signatures } from './signatures/index.ts'
import type { Signature, Symptom } from './signatures/signature.ts'
import { readSubject } from './subject.ts'
import type { Subject } from './subject.ts'

type LogSymptom = Extract<Symptom, { kind: 'log' }>

export type Sighting = {
  readonly at: Moment | null
  readonly line: string
  readonly source: string
}

type Fit = Pick<Group, 'signature' | 'symptom' | 'device'>

/** What a message is a sign of, if of anything. */
type Outcome = { readonly fit: Fit | null; readonly up: Up | null }

/** A port whose link came up, and how. */
type Up = { readonly device: Device; readonly text: string }

/** All lines of one signature that are about one port, or about the host. */
export type Group = {
  readonly signature: Signature
  readonly symptom: LogSymptom
  device: Device | null
  /** By log. */
  readonly counts: Map<string, number>
  readonly first: Sighting
  last: Sighting
  /** Seconds of each, for what happened near to what; of the first thousands. */
  readonly seconds: { readonly clock: Moment['clock']; readonly at: number }[]
}

/** What is looked at: everything after `since`, in seconds of each clock; null where nothing is left out. */
export type Since = { readonly calendar: number | null; readonly uptime: number | null }

export type Gathered = {
  readonly groups: readonly Group[]
  readonly devices: Devices
  readonly heard: Heard
  readonly host: string | null
  readonly logs: readonly LogRead[]
  readonly ignored: readonly Ignored[]
}

export type Gathering = {
  /** Begins a log; what is pushed until the next one belongs to it. */
  open(name: string): { push(chunk: Uint8Array): void; end(): void }
  end(): Gathered
}

const byHint = new Map<string, { signature: Signature; symptom: LogSymptom }[]>()
for (const signature of signatures)
  for (const symptom of signature.symptoms)
    if (symptom.kind === 'log')
      for (const hint of symptom.hints)
        byHint.set(hint, [...(byHint.get(hint) ?? []), { signature, symptom }])

const bootHints = ['-- Boot ', '-- Reboot --'] as const
const words = prepareWords([...byHint.keys(), ...pastedHints, ...bootHints])

/** Times kept of one group: enough for every comparison, and a flood takes no memory. */
const mostSeconds = 5000
const lookBack = 80

/** Reads logs, line by line, and keeps what signatures fit, each tied to its port. Time does not matter, memory is bounded. */
export function startGathering(known: readonly Known[], since: Since): Gathering {
  const devices = startDevices(known)
  const groups = new Map<Signature, Map<Device | null, Group>>()
  const heard: Heard = { kernel: null, dcbBuilt: null, models: new Map() }
  const ignored = new Map<string, { count: number; first: string; at: string | null }>()
  const logs: LogRead[] = []
  let host: string | null = null

  const ignore = (why: string, { line, at }: Sighting): 'ignored' => {
    const entry = ignored.get(why)
    if (entry) entry.count += 1
    else if (ignored.size < 200) ignored.set(why, { count: 1, first: line, at: at?.text ?? null })
    return 'ignored'
  }

  const keep = ({ signature, symptom, device }: Fit, seen: Sighting): Fit => {
    const perDevice = groups.get(signature) ?? new Map<Device | null, Group>()
    groups.set(signature, perDevice)
    const group: Group = perDevice.get(device) ?? {
      signature,
      symptom,
      device,
      counts: new Map(),
      first: seen,
      last: seen,
      seconds: [],
    }
    perDevice.set(device, group)
    group.counts.set(seen.source, (group.counts.get(seen.source) ?? 0) + 1)
    group.last = seen
    const { at } = seen
    if (at?.seconds != null && group.seconds.length < mostSeconds)
      group.seconds.push({ clock: at.clock, at: at.seconds })
    return { signature, symptom, device }
  }

  /** Holds a message against the signatures that its words point at; the first that fits has it. */
  const judge = (
    hints: readonly string[],
    message: string,
    seen: Sighting,
    isKernel: boolean,
  ): Fit | 'ignored' | null => {
    let subject: Subject | null = null
    let device: Device | null | undefined
    let unfit: string | null = null
    for (const hint of hints) {
      for (const { signature, symptom } of byHint.get(hint) ?? []) {
        const about = symptom.about ?? 'port'
        subject ??= readSubject(message)
        if (!symptom.pattern.test(about === 'host' ? message : subject.text)) continue
        if (!isKernel) return ignore('logged by another program than the kernel', seen)
        if (isBefore(seen.at, since)) return ignore('before the time that was asked for', seen)
        if (about === 'host') return keep({ signature, symptom, device: null }, seen)
        if (about === 'driver') {
          if (!isPortDriver(subject.driver ?? subject.name ?? '')) continue
          return keep({ signature, symptom, device: null }, seen)
        }
        device ??= devices.find(subject)
        if (device === null) return ignore(tellStranger(subject), seen)
        if (signature.drivers && !signature.drivers.includes(device.driver ?? '')) {
          unfit ??= `known of other drivers than ${device.driver ?? 'an unknown one'}`
          continue
        }
        return keep({ signature, symptom, device }, seen)
      }
    }
    return unfit === null ? null : ignore(unfit, seen)
  }

  /**
   * What came of messages before: kernels say the same thing many times, and a flood must not take minutes. It holds
   * only as long as no port gets another name.
   */
  const outcomes = new Map<string, Outcome>()
  let outcomesOf = 0

  const recall = (message: string): Outcome | undefined => {
    if (devices.changes() !== outcomesOf || outcomes.size > 5000) outcomes.clear()
    outcomesOf = devices.changes()
    return outcomes.get(message)
  }

  /** Returns the port whose link came up by that message, if any. */
  const learn = (message: string, hints: readonly string[]): Up | null => {
    hearMessage(message, devices, heard)
    const subject = readSubject(message)
    const device = subject.driver === null && subject.pci === null ? null : devices.find(subject)
    if (!device) return null
    const [, from] = /^renamed from ([\w.@+-]+)/.exec(subject.text) ?? []
    if (from !== undefined) devices.rename(device, from)
    if (!hints.includes('NIC Link is') || !/\bis Up\b/i.test(subject.text)) return null
    return { device, text: subject.text }
  }

  return {
    open(name) {
      let format: string = 'none'
      const seen = {
        from: null as string | null,
        to: null as string | null,
        boots: 1,
        marked: false,
        barren: 0,
      }

      /** A journal marks its boots as well; a log that begins with one has not had another. */
      const beginBoot = (own: LogLine | null): void => {
        if (!seen.marked && seen.from !== own?.at?.text) {
          seen.boots += 1
          devices.forgetNames()
        }
        seen.marked = false
      }

      const onHit = ({ line, hints, before }: Hit): void => {
        if (isBootMark(hints, line)) {
          seen.boots += 1
          seen.marked = true
          return devices.forgetNames()
        }
        const own = readLine(line)
        const read = own ?? continueLine(line, before, seen.barren < 20 ? lookBack : 1)
        if (!own) seen.barren += read.at === null ? 1 : -seen.barren
        if (own?.kernel) {
          format = own.format
          host ??= own.host
          seen.from ??= own.at?.text ?? null
          seen.to = own.at?.text ?? seen.to
        }
        const { text: message, kernel, at } = read
        const sighting = { at, line: line.trim(), source: name }
        const again = own?.kernel && !isBefore(at, since) ? recall(message) : undefined
        if (again) {
          if (again.up) again.up.device.lastUp = again.up.text
          if (again.fit) keep(again.fit, sighting)
          return
        }
        if (!own) hearOutput(line, before, devices, heard)
        if (kernel && message.startsWith('Linux version ')) beginBoot(own)
        const up = kernel && isPasted(hints) ? learn(message, hints) : null
        const fit = judge(hints, message, sighting, kernel)
        if (up) up.device.lastUp = up.text
        if (fit !== 'ignored' && (fit || up) && recall(message) === undefined)
          outcomes.set(message, { fit, up })
      }

      const scan = scanLog(words, onHit)
      return {
        push: chunk => scan.push(chunk),
        end() {
          const { lines, bytes, cut, hasNul } = scan.end()
          const oddities = [
            ...(cut > 0 ? [`lines of more than 64 KiB were cut: ${cut}`] : []),
            ...(hasNul ? ['it holds bytes that are no text'] : []),
          ]
          logs.push({
            name,
            format,
            lines,
            bytes,
            from: seen.from,
            to: seen.to,
            boots: seen.boots,
            oddities,
          })
        },
      }
    },
    end() {
      const found = [...groups.values()].flatMap(each => [...each.values()])
      for (const group of found) group.device &&= devices.settle(group.device)
      for (const [pci, model] of heard.models)
        for (const device of devices.all()) if (device.pci === pci) device.model ??= model
      const dismissed = [...ignored].map(([why, entry]) => ({ why, ...entry }))
      return { groups: found, devices, heard, host, logs, ignored: dismissed }
    },
  }
}

const isPasted = (hints: readonly string[]): boolean =>
  pastedHints.some(hint => hints.includes(hint))

const isBootMark = (hints: readonly string[], line: string): boolean =>
  bootHints.some(hint => hints.includes(hint)) && /^\s*-- (?:Boot|Reboot)/.test(line)

/** A line without a prefix goes on with what the last one with a prefix began; without any, it is as it stands. */
function continueLine(
  line: string,
  before: Iterable<string>,
  most: number,
): Pick<LogLine, 'text' | 'kernel' | 'at'> {
  let left = most
  for (const each of before) {
    const read = readLine(each)
    if (read) return { text: line.trim(), kernel: read.kernel, at: read.at }
    left -= 1
    if (left === 0) break
  }
  return { text: line.trim(), kernel: true, at: null }
}

function isBefore(at: Moment | null, since: Since): boolean {
  const from = at && since[at.clock]
  return at?.seconds != null && from !== null && at.seconds < from
}

function tellStranger({ pci, name, driver }: Subject): string {
  if (pci !== null)
    return `about ${pci}${driver ? ` (${driver})` : ''}, which is no port that is known here`
  if (name !== null) return `about ${name}, which is no port that is known here`
  return 'names no device'
}
