import { dayTime, isoTime, uptime, vague } from './moment.ts'
import type { Moment } from './moment.ts'

/** A line of a log, its prefix taken off. */
export type LogLine = {
  readonly format: 'dmesg' | 'journal' | 'syslog' | 'json'
  readonly at: Moment | null
  /** Host name in the prefix, where it has one. */
  readonly host: string | null
  /** False where another program than the kernel has logged it. */
  readonly kernel: boolean
  readonly text: string
}

type Found = Omit<LogLine, 'kernel' | 'host'> & Partial<Pick<LogLine, 'kernel' | 'host'>>

const line = (found: Found): LogLine => ({ host: null, kernel: true, ...found })

/**
 * Takes the prefix off a line, in every form in which kernel logs come: dmesg (plain, -T, -r, -x, -H, --time-format),
 * journalctl (short and its kin, -o json), syslog files, RFC 5424. dmesg(1), journalctl(1), printk() in
 * kernel/printk/printk.c (CONFIG_PRINTK_CALLER puts "[ T240]" after the time).
 * @param raw one line without its line end
 * @returns null where the line has no prefix: a further line of what was logged before it, or text copied without.
 */
export function readLine(raw: string): LogLine | null {
  // Reports quote, and indent.
  const text = raw.replace(/^(?:\s*>)*\s*/, '')
  if (text.startsWith('{')) return readJson(text)
  const bare = text.replace(levels, '')
  return bare.startsWith('[') ? readBracket(bare) : (readDated(bare) ?? readNamed(bare))
}

/** "<4>" of dmesg -r and RFC 5424, "kern  :warn  : " of dmesg -x. */
const levels =
  /^(?:<\d{1,3}>(?:1 )?|[a-z0-9]{3,8} *:(?:emerg|alert|crit|err|warn|notice|info|debug) *: ?)/

/** `journalctl -o short-monotonic`; a driver and a port look alike, so that only the surest forms are taken. */
const monotonic = /^[\w.-]+ (?:kernel: |[\w./()@-]+\[\d+\]: )/

const caller = /^ ?\[ *[TC]\d+\] ?/

function readBracket(text: string): LogLine | null {
  const end = text.indexOf(']')
  if (end === -1 || end > 40) return null
  const inside = text.slice(1, end).trim()
  const rest = text
    .slice(end + 1)
    .replace(caller, '')
    .replace(/^ /, '')
  if (/^\d+\.\d+$/.test(inside)) {
    const at = uptime(inside)
    const named = monotonic.test(rest) ? readOrigin(rest) : null
    return line(named ? { format: 'journal', at, ...named } : { format: 'dmesg', at, text: rest })
  }
  if (/^[A-Z][a-z]{2} [A-Z][a-z]{2} +\d/.test(inside))
    return line({ format: 'dmesg', at: dayTime(inside), text: rest })
  const isHuman = /^\+\d+\.\d+$|^[A-Z][a-z]{2} ?\d/.test(inside)
  return isHuman ? line({ format: 'dmesg', at: vague(inside), text: rest }) : null
}

const iso = /^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?) +/
const full = /^[A-Z][a-z]{2} (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?) [A-Z]\w* +/
const short = /^((?:[A-Z][a-z]{2} +)?[A-Z][a-z]{2} +\d{1,2} \d\d:\d\d:\d\d(?:\.\d+)?) +/
const unix = /^(\d{9,10}\.\d{6}) +/

function readDated(text: string): LogLine | null {
  const known = iso.exec(text) ?? full.exec(text)
  const match = known ?? short.exec(text) ?? unix.exec(text)
  if (!match) return null
  const [whole, time = ''] = match
  const rest = text.slice(whole.length)
  const at = known ? isoTime(time) : unix.test(text) ? unixTime(time) : dayTime(time)
  // Only `dmesg --time-format iso` has a comma in its seconds.
  if (known && time.includes(',')) return line({ format: 'dmesg', at, text: rest })
  const named = readOrigin(rest)
  if (named) return line({ format: 'syslog', at, ...named })
  // Consoles put a date before what dmesg would show.
  const inner = rest.startsWith('[') ? readBracket(rest) : null
  if (inner) return { ...inner, at }
  return line({ format: 'syslog', at, text: rest, kernel: false })
}

const unixTime = (text: string): Moment => ({ text, seconds: Number(text), clock: 'calendar' })

/** "kernel: text", as reports copy it. */
function readNamed(text: string): LogLine | null {
  if (!text.startsWith('kernel: ')) return null
  return line({ format: 'syslog', at: null, ...takeUptime(text.slice('kernel: '.length)) })
}

/** "host kernel: text", "host program[1]: text", with busybox's "kern.warn" before it; RFC 5424's "host kernel - - - text". */
const origin =
  /^(?:([\w.:-]+) )??(?:\w+\.\w+ )?(kernel|[\w./()@-]+\[\d+\]|[A-Za-z][\w./-]*)(?:: | (?:-|\d+) \S+ (?:-|\[.*?\]) )/

function readOrigin(text: string): { host: string | null; text: string; kernel: boolean } | null {
  const match = origin.exec(text)
  if (!match) return null
  const [whole, host = null, program] = match
  const rest = text.slice(whole.length)
  if (program === 'kernel') return { host, ...takeUptime(rest), kernel: true }
  return host === null ? null : { host, text: rest, kernel: false }
}

/** The calendar's time is better known; the uptime that syslog keeps beside it goes. */
function takeUptime(text: string): { text: string } {
  return { text: text.replace(/^\[ *\d+\.\d+\] ?(?:\[ *[TC]\d+\] ?)?/, '') }
}

function readJson(text: string): LogLine | null {
  let entry: unknown
  try {
    entry = JSON.parse(text)
  } catch {
    return null
  }
  if (entry === null || typeof entry !== 'object' || Array.isArray(entry)) return null
  const fields = entry as Record<string, unknown>
  const message = readMessage(fields['MESSAGE'])
  if (message === null) return null
  const micros = Number(fields['__REALTIME_TIMESTAMP'])
  const isKernel = fields['_TRANSPORT'] === 'kernel' || fields['SYSLOG_IDENTIFIER'] === 'kernel'
  const host = fields['_HOSTNAME']
  return line({
    format: 'json',
    at: Number.isFinite(micros) ? microTime(micros) : null,
    text: message,
    kernel: isKernel,
    ...(typeof host === 'string' && { host }),
  })
}

function microTime(micros: number): Moment {
  const date = new Date(micros / 1000)
  const text = Number.isNaN(date.getTime()) ? String(micros) : date.toISOString()
  return { text, seconds: micros / 1e6, clock: 'calendar' }
}

/** journald writes what is not plain text as an array of bytes. */
function readMessage(value: unknown): string | null {
  if (typeof value === 'string') return value
  if (!Array.isArray(value) || value.some(each => typeof each !== 'number')) return null
  return Buffer.from(value as number[]).toString('utf8')
}
