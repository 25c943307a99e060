/** A piece of a shell script that says something about its structure. `unclear`: from here on it is not understood. */
export type Token = {
  readonly kind: 'newline' | 'operator' | 'parens' | 'word' | 'unclear'
  readonly text: string
  /** Offset of its first character. */
  readonly at: number
}

/**
 * Cuts a POSIX shell script into tokens: words with their quotes and substitutions, operators, newlines. Comments
 * and here-documents are left out, `( … )` is one token. Not a parser: it ends with an `unclear` token rather than guess.
 */
export function readTokens(script: string): Token[] {
  const tokens: Token[] = []
  const heres: string[] = []
  for (let at = 0; at < script.length;) {
    const gap = /^(?:[ \t]|\\\n)+|^#[^\n]*/.exec(script.slice(at))
    if (gap) {
      at += gap[0].length
      continue
    }
    const token = readToken(script, at)
    tokens.push(token)
    at += token.text.length
    if (token.kind === 'newline') at = skipHeres(script, at, heres.splice(0))
    if (/^<<-?$/.test(token.text)) heres.push(token.text + readDelimiter(script, at))
    if (token.kind === 'unclear' || at > script.length) return [...tokens, unclear(script.length)]
  }
  return heres.length > 0 ? [...tokens, unclear(script.length)] : tokens
}

function readToken(script: string, at: number): Token {
  const rest = script.slice(at)
  if (rest.startsWith('\n')) return { kind: 'newline', text: '\n', at }
  if (rest.startsWith(')')) return { kind: 'parens', text: ')', at }
  const operator = /^(?:<<-?(?!<)|[;&|<>]+)/.exec(rest)
  if (operator) return { kind: 'operator', text: operator[0], at }
  const end = rest.startsWith('(') ? skipTo(script, at + 1, ')') : skipWord(script, at)
  if (end > script.length) return unclear(at)
  return { kind: rest.startsWith('(') ? 'parens' : 'word', text: script.slice(at, end), at }
}

function readDelimiter(script: string, at: number): string {
  const start = at + (/^[ \t]*/.exec(script.slice(at))?.[0].length ?? 0)
  return script.slice(start, skipWord(script, start)).replaceAll(/['"\\]/g, '')
}

function unclear(at: number): Token {
  return { kind: 'unclear', text: '', at }
}

function skipWord(script: string, start: number): number {
  let at = start
  // Only these end a word: what else looks like a blank, a shell takes for a letter.
  while (at < script.length && !/[ \t\n;&|<>()]/.test(script[at] ?? ''))
    at = skipPart(script, at, '')
  return at
}

/** Nobody nests as much, and each level takes some of the stack. */
const deepest = 100

/** The offset after the `close` that ends what was opened before `start`; Infinity where there is none, or too deep. */
function skipTo(script: string, start: number, close: string, depth = 0): number {
  if (depth > deepest) return Infinity
  let at = start
  while (at < script.length) {
    if (script[at] === close) return at + 1
    at = skipPart(script, at, close, depth + 1)
  }
  return Infinity
}

/** Skips one character, or the whole of what it opens. `within` is what closes the text around it. */
function skipPart(script: string, at: number, within: string, depth = 0): number {
  const two = script.slice(at, at + 2)
  const one = two.charAt(0)
  if (one === '\\') return at + 2 > script.length ? Infinity : at + 2
  if (one === "'" && within !== '"') return after(script, "'", at + 1)
  if (one === '"' && within !== '"') return skipTo(script, at + 1, '"', depth)
  if (one === '`') return skipTo(script, at + 1, '`', depth)
  if (two === '$(') return skipTo(script, at + 2, ')', depth)
  if (two === '${') return skipTo(script, at + 2, '}', depth)
  if (one === '(' && within === ')') return skipTo(script, at + 1, ')', depth)
  if (one === '#' && within === ')' && /\s/.test(script[at - 1] ?? ''))
    return after(script, '\n', at)
  return at + 1
}

function after(script: string, mark: string, at: number): number {
  const found = script.indexOf(mark, at)
  return found < 0 ? Infinity : found + 1
}

function skipHeres(script: string, start: number, heres: readonly string[]): number {
  let at = start
  for (const here of heres) {
    const [, dash, word] = /^<<(-?)(.*)$/.exec(here) ?? []
    for (let line: string | null = null; ;) {
      if (at >= script.length) return Infinity
      const end = script.indexOf('\n', at)
      line = script.slice(at, end < 0 ? script.length : end)
      at = end < 0 ? script.length : end + 1
      if ((dash ? line.replace(/^\t+/, '') : line) === word) break
    }
  }
  return at
}
