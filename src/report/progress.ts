import { show } from './problems.ts'
import { countHosts } from './tally.ts'
import type { HostEnd } from './tally.ts'
import { tellAge, tellSeconds, tellState } from './words.ts'

type Said = { readonly verdict: string; readonly cause?: { readonly message: string } }

/** What one host's run says while it goes on. */
export type HostProgress = {
  /** A state was entered (`said` null), or has ended. */
  readonly onState: (state: string, said: Said | null) => void
  readonly note: (text: string) => void
  /** What somebody has to do now: a line that stays, everywhere. */
  readonly ask: (text: string) => void
  readonly away: (awayMs: number, deadlineInSeconds: number | null) => void
  readonly back: () => void
}

/** What people see of a run while it goes on. */
export type Progress = {
  readonly of: (host: string) => HostProgress
  /** A host is through, or was never begun, and why. */
  readonly ended: (host: string, end: HostEnd, why?: string) => void
  /** A line about the run. */
  readonly say: (text: string) => void
  /** Called every now and then: seconds pass although nothing happens. */
  readonly tick: () => void
  readonly close: () => void
}

const quietMs = 10_000
const heartbeatMs = 30_000
const clearLine = '\r\u001B[K'
const good = new Set(['done', 'empty', 'kept'])

export const isGood = ({ verdict }: Said): boolean => good.has(verdict)

/** "h1  ✔ building   12.3s", and what went wrong. */
export function tellEnd(host: string, state: string, said: Said, ms: number): string {
  const seconds = tellSeconds(ms / 1000).padStart(7)
  const why = said.cause ? `  ${show(said.cause.message)}` : ''
  const mark = isGood(said) ? '✔' : '✘'
  const word = isGood(said) ? '' : `  ${said.verdict}`
  return `  ${host}  ${mark} ${tellState(state).padEnd(20)} ${seconds}${word}${why}`
}

export const tellAsk = (host: string, text: string): string => `  ${host}  → ${show(text)}`

export const tellSkipped = (host: string, why: string): string => `  ${host}  not started: ${why}`

export const tellGuard = (seconds: number | null): string =>
  seconds === null ? '' : ` · guard rolls back in ${seconds}s`

export type LinesOptions = {
  readonly hosts: readonly string[]
  readonly write: (text: string) => void
  /** Only a terminal gets lines that are written over. */
  readonly isTerminal: boolean
  readonly nowMs: () => number
}

/**
 * One line a state, with its seconds; where nothing ends for long, a line now and then says that it goes on. On a
 * terminal the state at work is shown meanwhile instead.
 */
export function makeLines({ hosts, write, isTerminal, nowMs }: LinesOptions): Progress {
  const standing = new Map<string, { readonly state: string; readonly enteredMs: number }>()
  const ends = new Map<string, HostEnd>()
  let lastMs = nowMs()
  const line = (text: string) => {
    lastMs = nowMs()
    write(`${isTerminal ? clearLine : ''}${text}\n`)
  }
  const passing = (text: string) => {
    if (isTerminal) write(`${clearLine}${text.slice(0, 99)}`)
  }
  const of = (host: string): HostProgress => {
    let enteredMs = 0
    let lastAwayMs = Number.NEGATIVE_INFINITY
    return {
      onState(state, said) {
        if (said) return line(tellEnd(host, state, said, nowMs() - enteredMs))
        enteredMs = nowMs()
        standing.set(host, { state, enteredMs })
        return passing(`  ${host}  … ${tellState(state)}`)
      },
      ask: text => line(tellAsk(host, text)),
      note: text => passing(`  ${host}  … ${show(text)}`),
      away(awayMs, deadlineInSeconds) {
        const away = `${Math.round(awayMs / 1000)}s${tellGuard(deadlineInSeconds)}`
        const text = `  ${host}  off the network, expected · ${away}`
        if (isTerminal) return passing(text)
        if (nowMs() - lastAwayMs < quietMs) return
        lastAwayMs = nowMs()
        line(text)
      },
      back() {
        lastAwayMs = Number.NEGATIVE_INFINITY
      },
    }
  }
  return {
    of,
    ended(host, end, why) {
      standing.delete(host)
      ends.set(host, end)
      if (why !== undefined) line(tellSkipped(host, why))
    },
    say: line,
    tick() {
      if (isTerminal || nowMs() - lastMs < heartbeatMs || standing.size === 0) return
      const only = hosts.length === 1 ? [...standing.values()] : []
      const [where] = only.map(
        ({ state, enteredMs }) => `${tellState(state)} · ${tellAge(nowMs() - enteredMs)}`,
      )
      line(`  … ${where ?? countHosts(hosts, ends, standing.size)}`)
    },
    close() {
      if (isTerminal) write(clearLine)
    },
  }
}
