import type { Event, EventBody, Verdict } from '../model/event.ts'
import type { TxEvent } from '../model/tx.ts'
import { toJson } from './json.ts'

/** Tells what happens to another program. `host` is null for what is about the whole run. */
export type Emit = (body: EventBody, host?: string | null) => void

/** Tells nobody. */
export const silent: Emit = () => undefined

/** Events as lines of JSON, numbered; from `run.start` on they carry the id of the run. */
export function writeEvents(
  write: (line: string) => void,
  today: () => Date,
): { readonly emit: Emit; readonly begin: (run: string) => void } {
  let seq = 0
  let run: string | null = null
  return {
    begin: id => void (run = id),
    emit(body, host = null) {
      const line: Event = { v: 1, seq, at: today().toISOString(), run, host, ...body }
      seq += 1
      write(`${toJson(line)}\n`)
    },
  }
}

type Course = {
  /** A state was entered (`said` null), or has ended. */
  readonly onState: (state: string, said: Said | null) => void
  readonly heard: (event: TxEvent) => void
  readonly note: (text: string) => void
  readonly away: (rollbackInSeconds: number | null) => void
  readonly back: () => void
}

type Said = { readonly verdict: Verdict; readonly cause?: { readonly message: string } }

/** The course of one host as events. Only the first failed attempt to reach it is news. */
export function tellCourse(emit: Emit, host: string, nowMs: () => number): Course {
  let enteredMs = 0
  let lostMs: number | null = null
  const secondsSince = (ms: number) => Math.round((nowMs() - ms) / 10) / 100
  return {
    onState(state, said) {
      if (!said) {
        enteredMs = nowMs()
        return emit({ type: 'state.enter', data: { state } }, host)
      }
      const { verdict, cause } = said
      const message = cause?.message ?? null
      const data = { state, verdict, seconds: secondsSince(enteredMs), message }
      return emit({ type: 'state.end', data }, host)
    },
    heard({ seq, uptime, change, event, text }: TxEvent) {
      const about = change === '-' ? null : change
      emit({ type: 'host.log', data: { seq, uptime, change: about, event, text } }, host)
    },
    note: (text: string) => emit({ type: 'note', data: { text } }, host),
    away(rollbackInSeconds: number | null) {
      if (lostMs !== null) return
      lostMs = nowMs()
      emit({ type: 'link.lost', data: { rollbackInSeconds } }, host)
    },
    back() {
      if (lostMs === null) return
      emit({ type: 'link.back', data: { seconds: secondsSince(lostMs) } }, host)
      lostMs = null
    },
  }
}
