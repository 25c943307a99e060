import { readLine } from './line.ts'
import type { Moment } from './moment.ts'

/** The time of the last line that has a whole one; null where none has. */
export function lastMoment(text: string): Moment | null {
  for (const line of text.split('\n').toReversed()) {
    const at = readLine(line)?.at ?? null
    if (at?.seconds != null) return at
  }
  return null
}
