import { show } from './problems.ts'
import { tellSeconds, tellState } from './words.ts'

export type ProgressOptions = {
  readonly host: string
  readonly write: (text: string) => void
  /** Only a terminal gets lines that are written over. */
  readonly isTerminal: boolean
  readonly nowMs: () => number
}

type Said = { readonly verdict: string; readonly cause?: { readonly message: string } }

export type Progress = {
  /** A state was entered (`said` null), or has ended. */
  readonly onState: (state: string, said: Said | null) => void
  readonly note: (text: string) => void
  /** What somebody has to do now: a line that stays, everywhere. */
  readonly ask: (text: string) => void
  readonly away: (awayMs: number, deadlineInSeconds: number | null) => void
  readonly back: () => void
}

const quietMs = 10_000
const clearLine = '\r\u001B[K'
const good = new Set(['done', 'empty', 'kept'])

/** One line a state, with its seconds. On a terminal the state at work is shown meanwhile. */
export function makeProgress({ host, write, isTerminal, nowMs }: ProgressOptions): Progress {
  let enteredMs = 0
  let lastAwayMs = Number.NEGATIVE_INFINITY
  const line = (text: string) => write(`${isTerminal ? clearLine : ''}${text}\n`)
  const passing = (text: string) => {
    if (isTerminal) write(`${clearLine}${text.slice(0, 99)}`)
  }
  return {
    onState(state, said) {
      if (!said) {
        enteredMs = nowMs()
        passing(`  ${host}  … ${tellState(state)}`)
        return
      }
      const mark = good.has(said.verdict) ? '✔' : '✘'
      const seconds = tellSeconds((nowMs() - enteredMs) / 1000)
      const why = said.cause ? `  ${show(said.cause.message)}` : ''
      const word = mark === '✘' ? `  ${said.verdict}` : ''
      line(`  ${host}  ${mark} ${tellState(state).padEnd(20)} ${seconds.padStart(7)}${word}${why}`)
    },
    ask: text => line(`  ${host}  → ${show(text)}`),
    note: text => passing(`  ${host}  … ${show(text)}`),
    away(awayMs, deadlineInSeconds) {
      const guard = deadlineInSeconds === null ? '' : ` · guard rolls back in ${deadlineInSeconds}s`
      const text = `  ${host}  off the network, expected · ${Math.round(awayMs / 1000)}s${guard}`
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
