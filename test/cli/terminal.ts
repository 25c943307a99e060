import { spawn } from 'node:child_process'
import { quoteAll } from '../../src/quote.ts'

const door = new URL('../../src/main.js', import.meta.url).pathname

/** What is typed when the terminal shows this. */
export type Typed = readonly [question: string | RegExp, answer: string]

/**
 * Runs nicfix in a terminal, which script(1) of util-linux makes, with somebody who types. `shown` is all that the
 * terminal has shown.
 */
export function nicfixInTerminal(
  argv: readonly string[],
  typing: readonly Typed[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<{ code: number; shown: string }> {
  const command = quoteAll([process.execPath, door, ...argv])
  const words = ['--quiet', '--return', '--command', command, '/dev/null']
  const child = spawn('script', words, { env: { ...process.env, NO_COLOR: '1', ...env } })
  const left = [...typing]
  let shown = ''
  let seen = 0
  const hear = (piece: Buffer) => {
    shown += piece.toString()
    const [next] = left
    if (!next) return
    const rest = shown.slice(seen)
    const at = rest.search(typeof next[0] === 'string' ? escape(next[0]) : next[0])
    if (at < 0) return
    seen = shown.length
    left.shift()
    child.stdin.write(`${next[1]}\r`)
  }
  child.stdout.on('data', hear)
  child.stderr.on('data', hear)
  return new Promise(resolve => {
    child.once('close', code =>
      resolve({ code: code ?? -1, shown: shown.replaceAll('\r\n', '\n') }),
    )
  })
}

const escape = (text: string): RegExp => new RegExp(RegExp.escape(text))
