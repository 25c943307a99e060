import { makeBoard } from '../report/board.ts'
import { makeLines } from '../report/progress.ts'
import type { Progress } from '../report/progress.ts'

const tickMs = 200
const plainSize = { columns: 100, rows: 24 }

/** What stands at the foot of this process's terminal; there is one terminal, so there is one of these. */
let shown: Progress | null = null

/** Shows how a run goes on standard error, in the way that fits it: a terminal or not, a host or many. */
export function showProgress(
  hosts: readonly string[],
  atOnce: number,
  nowMs: () => number,
): Progress {
  const { stderr } = process
  const write = (text: string) => void stderr.write(text)
  const isTerminal = stderr.isTTY && process.env['TERM'] !== 'dumb'
  const size = () => ({
    columns: stderr.columns || plainSize.columns,
    rows: stderr.rows || plainSize.rows,
  })
  const progress =
    isTerminal && hosts.length > 1
      ? makeBoard({ hosts, atOnce, write, size, nowMs })
      : makeLines({ hosts, write, isTerminal, nowMs })
  const ticking = setInterval(() => shown?.tick(), tickMs).unref()
  shown = progress
  return {
    ...progress,
    close() {
      clearInterval(ticking)
      shown = null
      progress.close()
    },
  }
}

/** A line for people: above what stands at the foot of the terminal, if anything does. */
export function sayAbove(text: string): void {
  if (shown) shown.say(text)
  else process.stderr.write(`${text}\n`)
}

/** Nothing is drawn while somebody is asked. */
export async function withoutProgress<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  const before = shown
  before?.close()
  shown = null
  try {
    return await ask()
  } finally {
    shown = before
  }
}
