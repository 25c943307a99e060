import type { Problem } from '../problems.ts'
import { renderProblems } from '../report/problems.ts'

/** Prints problems to standard error; the caller goes on with what did work. */
export function reportProblems(problems: readonly Problem[]): void {
  if (problems.length === 0) return
  const { isTTY } = process.stderr
  const colour = isTTY && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb'
  process.stderr.write(`${renderProblems(problems, { colour })}\n`)
}
