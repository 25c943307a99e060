import { styleText } from 'node:util'
import type { Problem } from '../problems.ts'

type Options = { readonly colour?: boolean }
type Style = Parameters<typeof styleText>[0]
type Paint = (style: Style, text: string) => string

/** Prints problems one under the other, with an empty line between them and no newline at the end. */
export function renderProblems(problems: readonly Problem[], options: Options = {}): string {
  return problems.map(each => renderProblem(each, options)).join('\n\n')
}

/**
 * Prints a problem: code, message, place with a caret, details, what to do next. A detail that begins with
 * "did you mean" stands beside the caret. Whatever a file or a host put into it, no control character gets out.
 */
export function renderProblem(problem: Problem, options: Options = {}): string {
  const paint: Paint = options.colour
    ? (style, text) => styleText(style, text, { validateStream: false })
    : (_style, text) => text
  const { code, message, exitCode, host, next } = problem
  const guess = problem.source === undefined ? undefined : problem.details.find(isGuess)
  const details = problem.details
    .filter(each => each !== guess)
    .flatMap(each => each.split(/\r?\n/))
  const head = paint(['bold', 'red'], `error[${code}]:`)
  const lines = [
    `${head} ${host === undefined ? '' : `${show(host)} · `}${show(message)}   (exit ${exitCode})`,
    ...renderPlace(problem, guess, paint),
    ...details.map(each => `  ${show(each)}`),
    `  ${paint('bold', 'next:')} ${show(next)}`,
  ]
  return lines.join('\n')
}

/**
 * Makes visible what a terminal would obey or hide: control characters, and those that turn the direction of
 * writing or start a line. Tabs stay.
 */
export function show(text: string): string {
  return text.toWellFormed().replaceAll(hidden, char => {
    const code = char.codePointAt(0) ?? 0
    return code < 0x100 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`
  })
}

const hidden = /(?!\t)[\p{Cc}\p{Bidi_Control}\u2028\u2029\ufeff]/gu

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0')
}

function isGuess(detail: string): boolean {
  return detail.startsWith('did you mean')
}

function renderPlace(
  { place, source }: Problem,
  guess: string | undefined,
  paint: Paint,
): string[] {
  if (!place) return []
  const { file, line, column, width = 1 } = place
  const arrow = `  ${paint('cyan', '-->')} ${show(file)}:${line}:${column}`
  if (source === undefined) return [arrow]
  const { text, at } = cutAround(source, column - 1)
  const gutter = ' '.repeat(String(line).length)
  // The caret's line repeats the tabs of the source, so that both are as wide whatever a tab is.
  const indent = show(text.slice(0, at)).replaceAll(/[^\t]/g, ' ')
  const marked = show(text.slice(at, at + width))
  const caret = paint('red', '^'.repeat(Math.max(1, marked.length)))
  const beside = guess === undefined ? '' : ` ${show(guess)}`
  return [arrow, `${line} | ${show(text)}`, `${gutter} | ${indent}${caret}${beside}`]
}

const longest = 160

/** The part of a long line that is around a place, and where the place is in it. */
function cutAround(source: string, at: number): { text: string; at: number } {
  if (source.length <= longest) return { text: source, at }
  const from = Math.max(0, at - longest / 2)
  const before = from > 0 ? '… ' : ''
  const after = from + longest < source.length ? ' …' : ''
  return {
    text: before + source.slice(from, from + longest) + after,
    at: before.length + at - from,
  }
}
