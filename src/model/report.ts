import { z } from 'zod'
import { count, flag, list, shape, text } from './shape.ts'

/** How a run on a host can end. */
export const outcomes = [
  'changed',
  'unchanged',
  'failed',
  'rolledBack',
  'unreachable',
  'dirty',
  'unknown',
  'locked',
  'refused',
] as const

/** States of machines/change.ts; `stuck` is the only one that needs a human. */
const changeStates = [
  'planned',
  'backedUp',
  'applying',
  'applied',
  'verified',
  'done',
  'undoing',
  'undone',
  'stuck',
] as const

const code = z.string().regex(/^NF\d{4}$/)
const cause = shape({ code, message: text, details: list(text), next: text, exitCode: count })

export const hostReport = shape({
  host: text,
  run: text,
  outcome: z.enum(outcomes),
  exitCode: count,
  /** Why it did not end well, and why the way back did not, where that is another reason. */
  cause: cause.nullable(),
  last: cause.nullable(),
  interrupted: flag,
  /** Left while the host's guard was at work: how it ended is the host's to say. */
  detached: flag,
  changes: list(
    shape({ id: text, title: text, state: z.enum(changeStates), fault: text.nullable() }),
  ),
  /** What was compared at the end. */
  proofs: list(
    shape({
      name: text,
      ok: flag,
      text,
      expected: text.optional(),
      found: text.optional(),
    }),
  ),
  /** Seconds that the links were down, as the host measured it. */
  outageSeconds: z.number().nullable(),
  seconds: z.number(),
  warnings: list(text),
})

/** A problem, as it is told. */
export const told = z
  .strictObject({
    code,
    message: text,
    details: list(text),
    next: text,
    exitCode: count,
    host: text.optional(),
    place: shape({ file: text, line: count, column: count, width: count.optional() }).optional(),
    source: text.optional(),
  })
  .readonly()

/** What came of a run, as it is kept in its folder. */
export const reportSchema = shape({
  format: z.literal('nicfix.report/1'),
  run: text,
  hosts: list(hostReport),
  /** Of hosts on which nothing was begun. */
  problems: list(told),
  /** Hosts that the run stopped before. */
  skipped: list(text),
})
export type Report = z.infer<typeof reportSchema>
