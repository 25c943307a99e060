import type { Cause, Said, Verdict } from '../../machines/names.ts'
import type { Exit } from '../model/exit.ts'
import { problem, Trouble } from '../problems.ts'
import type { Problem, ProblemCode } from '../problems.ts'

export const done: Said = { verdict: 'done' }

/** A verdict with its reason. */
export function say(verdict: Verdict, cause: Problem): Said {
  return { verdict, cause: toCause(cause) }
}

function toCause({ code, message, details, next, exitCode }: Problem): Cause {
  return { code, message, details, next, exitCode }
}

function isProblem(error: unknown): error is Problem {
  return typeof error === 'object' && error !== null && 'code' in error && 'next' in error
}

/** The first problem in whatever was thrown; anything unexpected is a fault of nicfix itself. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Trouble && error.problems[0]) return error.problems[0]
  if (isProblem(error)) return error
  const { message, stack = '' } =
    error instanceof Error ? error : { message: String(error), stack: '' }
  const details = stack.split('\n').slice(1, 4)
  return problem('NF9002', message, 'report it, with the lines above', { details })
}

/** All of them. */
export const problemsOf = (error: unknown): readonly Problem[] =>
  error instanceof Trouble ? error.problems : [problemOf(error)]

/** What is worth reading of a command that did not do what it should. */
export function linesOf(exit: Exit): string[] {
  const lines = exit.stderr.split('\n').map(line => line.trimEnd())
  const said = lines.filter(line => line !== '').slice(-20)
  if (exit.kind === 'lost') return [`the connection was lost: ${exit.why}`, ...said]
  if (exit.kind === 'killed') return [`killed by ${exit.signal}`, ...said]
  return said.length > 0 ? said : [`it ended with exit code ${exit.code}`]
}

/** A failed command of the host's script as a verdict; the first line it wrote is the message. */
export function sayExit(verdict: Verdict, code: ProblemCode, exit: Exit, next: string): Said {
  const [message = 'it failed', ...details] = linesOf(exit)
  return say(verdict, problem(code, message, next, { details }))
}

export const lost = (why: string, next: string): Said => say('lost', problem('NF5002', why, next))
