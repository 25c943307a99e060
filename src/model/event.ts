import { z } from 'zod'
import { hostReport, outcomes, told } from './report.ts'
import { count, flag, list, shape, text } from './shape.ts'
import { txEventNames } from './tx.ts'

/**
 * What an effect of a run found.
 *
 * done         it went as wanted
 * empty        nothing needs to be done
 * refused      a precondition does not hold; nothing was changed
 * locked       another run has the host
 * failed       it did not work
 * lost         no contact; what happens over there is not known
 * undone       the host says: rolled back, or rolling back now
 * kept         the host says: confirmed and persisted
 * stuck        the host says: the rollback could not finish
 * interrupted  somebody pressed ^C
 */
export const verdicts = [
  'done',
  'empty',
  'refused',
  'locked',
  'failed',
  'lost',
  'undone',
  'kept',
  'stuck',
  'interrupted',
] as const
export type Verdict = (typeof verdicts)[number]

const seconds = z.number().nonnegative()

const event = <Type extends string, Fields extends z.ZodRawShape>(type: Type, fields: Fields) =>
  shape({
    v: z.literal(1),
    /** From 0, without a gap: what is missing was lost on the way. */
    seq: count,
    /** For people. Nothing is decided by it. */
    at: z.iso.datetime(),
    /** Null until the run has begun. */
    run: text.nullable(),
    /** Null for what is about the whole run. */
    host: text.nullable(),
    type: z.literal(type),
    data: shape(fields),
  })

/** A line of what `apply`, `rollback`, `resume` and `confirm` print with `--json`: each a JSON object of its own (NDJSON). */
export const eventSchema = z.discriminatedUnion('type', [
  /** Always the first line. */
  event('version', { nicfix: text, command: z.enum(['apply', 'rollback', 'resume', 'confirm']) }),
  /** Of a file, of the plan, or of a host on which nothing was begun; those of a run stand in its `host.done`. */
  event('problem', told.unwrap().shape),
  event('run.start', {
    playbook: text,
    digest: text,
    hosts: list(text),
    /** Folder of the run on the controller: plan, journals and reports. */
    folder: text,
  }),
  event('host.start', { changes: count }),
  /** A state of the machine that `nicfix graph run` draws. */
  event('state.enter', { state: text }),
  event('state.end', {
    state: text,
    verdict: z.enum(verdicts),
    seconds,
    /** Why it did not go well. */
    message: text.nullable(),
  }),
  /** A line of the host's own log, in its order. */
  event('host.log', {
    seq: count,
    /** Seconds since the host booted: the clock that the host decides by. */
    uptime: seconds,
    /** The change that it is about; null for the whole transaction. */
    change: text.nullable(),
    event: z.enum(txEventNames),
    text,
  }),
  /** What a long step says meanwhile. */
  event('note', { text }),
  /** The host does not answer, as it is to be expected while its driver is swapped. */
  event('link.lost', {
    /** Until its guard rolls back, unless it is confirmed; null when that is not known. */
    rollbackInSeconds: seconds.nullable(),
  }),
  event('link.back', { seconds }),
  event('host.done', { report: hostReport }),
  event('host.skipped', { why: text }),
  /** Always the last line. */
  event('run.done', {
    exitCode: count,
    interrupted: flag,
    hosts: list(shape({ host: text, outcome: z.enum(outcomes), exitCode: count })),
  }),
])
export type Event = z.infer<typeof eventSchema>
type BodyOf<Each> = Each extends Event ? Pick<Each, 'type' | 'data'> : never
/** What is told; the rest is the line that it is told in. */
export type EventBody = BodyOf<Event>
