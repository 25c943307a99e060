import { z } from 'zod'
import { count, flag, list, map, shape, text } from './shape.ts'

/** In the order in which findings are looked at; the first that fits a port is its verdict. */
export const stages = [
  'host',
  'device',
  'link',
  'hang',
  'pause',
  'timeout',
  'drops',
  'other',
] as const
export type Stage = (typeof stages)[number]

/** What is to be done about a finding. A note is told, and is no finding for the exit code. */
export const actions = ['stop', 'advise', 'playbook', 'note'] as const

const evidence = shape({
  /** A line of a kernel log; a counter between two readings; a setting as it was read. */
  kind: z.enum(['log', 'counter', 'state']),
  /** The time as the log has it: uptime in seconds, or a date; null where there is none. */
  at: text.nullable(),
  /** The line, or what was measured. Text of the host as it was: escape it before a terminal sees it. */
  text,
  /** Which log or output it is from. */
  source: text,
  /** How often, where the same was seen more than once. */
  count,
})
export type Evidence = z.infer<typeof evidence>

const offer = shape({
  name: text,
  /** The command to type; it changes nothing. */
  command: text,
  /** Variables that only the reader can fill in, as they stand in the command. */
  missing: list(shape({ name: text, about: text })),
  /** Why it is not to be run yet; null where it is the next thing to do. */
  withheld: text.nullable(),
})
export type PlaybookOffer = z.infer<typeof offer>

const finding = shape({
  signature: text,
  stage: z.enum(stages),
  action: z.enum(actions),
  title: text,
  /** "3 times in 21 s", of its lines in a log; null where there is at most one. */
  seen: text.nullable(),
  cause: text,
  evidence: list(evidence),
  /** What speaks against the cause. */
  against: list(text),
  advice: list(text),
  playbook: offer.nullable(),
  sources: list(text),
})
export type Finding = z.infer<typeof finding>

/** Something that was thought of: dismissed with a reason, or not to be known from what was read. */
const lead = shape({ lead: text, why: text })
export type Lead = z.infer<typeof lead>

/** One counter over the watch. A counter that went back was reset, and is counted from there. */
const rate = shape({
  counter: text,
  /** What it really counts; empty where nicfix has no word for it. */
  meaning: text,
  delta: z.number(),
  perSecond: z.number(),
  reset: flag,
  /** The rate in each interval between two readings. */
  course: list(z.number()),
})
export type Rate = z.infer<typeof rate>

const port = shape({
  /** Its PCI address, or its name where no line tells the address. */
  id: text,
  name: text.nullable(),
  pci: text.nullable(),
  driver: text.nullable(),
  version: text.nullable(),
  firmware: text.nullable(),
  /** "up 1000/full"; empty where nothing was collected. */
  link: text,
  verdict: z.enum(['nothing', 'advise', 'playbook', 'stop']),
  findings: list(finding),
  notes: list(finding),
  ruledOut: list(lead),
  open: list(lead),
  rates: list(rate),
})
export type PortDiagnosis = z.infer<typeof port>

const log = shape({
  name: text,
  /** "dmesg", "journal", "syslog", "json" …; "none" where no line was one of a kernel. */
  format: text,
  lines: count,
  bytes: count,
  from: text.nullable(),
  to: text.nullable(),
  boots: count,
  /** What was wrong with it: cut lines, bytes that are no text. */
  oddities: list(text),
})
export type LogRead = z.infer<typeof log>

/** Lines that a signature fits and that do not count, with the first of them. */
const ignored = shape({ why: text, count, first: text, at: text.nullable() })
export type Ignored = z.infer<typeof ignored>

/** What `nicfix diagnose` says of one host. */
export const diagnosisSchema = shape({
  format: z.literal('nicfix.diagnosis/1'),
  nicfix: text,
  host: text,
  kernel: text.nullable(),
  logs: list(log),
  /** Seconds between the first and the last reading of counters; null where there was at most one. */
  watchedSeconds: z.number().nullable(),
  /** Of the host as a whole: memory, processors. */
  findings: list(finding),
  notes: list(finding),
  ports: list(port),
  ignored: list(ignored),
  /** In a sentence. */
  verdict: text,
  /** Commands to type, the most useful one first. None of them changes a host. */
  next: list(text),
  /** 0 nothing found, 2 findings. */
  exitCode: count,
})
export type Diagnosis = z.infer<typeof diagnosisSchema>

/** What `--json` prints of several hosts, by name. */
export const diagnosesSchema = map(diagnosisSchema)
