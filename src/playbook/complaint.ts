import { problem, type Problem, type ProblemCode } from '../problems.ts'
import { spotOfKey, spotOfReference, spotOfValue, type Source, type Spot } from './positions.ts'
import type { Path } from './substitute.ts'
import { guessWord } from './typo.ts'

/** What is wrong with a playbook, before its place in the text is known. */
export type Complaint = {
  readonly code: ProblemCode
  readonly message: string
  /** Where it is; null for what does not come from the file. */
  readonly path: Path | null
  /** What at that path is meant; the value when absent. */
  readonly at?: 'key' | { readonly reference: string; readonly occurrence: number }
  /** A word that is wrong and those that would be right, for a guess. */
  readonly written?: string
  readonly allowed?: readonly string[]
  readonly details?: readonly string[]
  readonly next?: string
}

/** Finds the complaint's place and makes a problem of it. A guess is the first detail: it stands beside the caret. */
export function locate(complaint: Complaint, source: Source): Problem {
  const { code, message, details = [] } = complaint
  const guess = complaint.written && guessWord(complaint.written, complaint.allowed ?? [])
  const all = guess ? [`did you mean "${guess}"?`, ...details] : details
  const next = complaint.next ?? `nicfix explain ${code}`
  return problem(code, message, next, { details: all, ...findSpot(complaint, source) })
}

function findSpot({ path, at }: Complaint, source: Source): Spot | undefined {
  if (path === null) return undefined
  if (at === 'key') return spotOfKey(source, path)
  if (at) return spotOfReference(source, path, at.reference, at.occurrence)
  return spotOfValue(source, path)
}
