import { readFileSync, writeSync } from 'node:fs'

/** How far a child is, for whoever watches it; what it did before it was killed is not lost. */
export type Progress = {
  /** The input that it is at. */
  readonly at: number
  readonly accepted: number
  readonly refused: number
  readonly crashes: number
  readonly slowestMs: number
  readonly slowestAt: number
  readonly peakMb: number
  /** Milliseconds spent on inputs. */
  readonly ms: number
}

export const nothingYet: Progress = {
  at: 0,
  accepted: 0,
  refused: 0,
  crashes: 0,
  slowestMs: 0,
  slowestAt: 0,
  peakMb: 0,
  ms: 0,
}

// Of one size, so that it is never read half.
const size = 256

/** Once for each input: a file is cheaper than a message. */
export function writeProgress(file: number, progress: Progress): void {
  writeSync(file, JSON.stringify(progress).padEnd(size), 0)
}

/** Null where the child has not begun. */
export function readProgress(path: string): Progress | null {
  const text = readFileSync(path, 'utf8')
  return text.length < size ? null : (JSON.parse(text) as Progress)
}
