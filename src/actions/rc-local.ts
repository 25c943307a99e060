import type { Edited } from './interfaces.ts'
import { readTokens } from './shell-tokens.ts'

/** What nicfix puts into rc.local. It cannot fail, not even under `sh -e`, and does nothing once nicfix is gone. */
export const hookLine = '[ -x /var/lib/nicfix/boot ] && /var/lib/nicfix/boot || :  # nicfix'

const shells = /^#!\s*(?:\S*\/env\s+)?(?:\S*\/)?(?:sh|ash|dash|bash|ksh|mksh|busybox\s+sh)(?:\s|$)/

/**
 * Puts the hook into the text of an rc.local, before the first command at the top level that may end the script
 * (Debian's template ends with `exit 0`; what is appended there never runs), else at its end. An older hook gives its
 * place to the new one. `null`, no file, gives a new script. All other lines stay.
 * Refused: no `#!`, another language than sh, lines that end in CR.
 */
export function addHook(text: string | null, line: string = hookLine): Edited {
  if (text === null) return { text: `#!/bin/sh\n${line}\nexit 0\n` }
  const first = text.split('\n', 1)[0] ?? ''
  if (!first.startsWith('#!')) return { refused: 'its first line is not "#!" and a shell' }
  if (text.includes('\r')) return { refused: 'it has lines that end in a carriage return' }
  if (!shells.test(first)) return { refused: `it is not a shell script: ${first}` }
  const lines = text.split('\n')
  const { starts, end } = outline(text)
  const older = starts.find(start => isHook(lines[start] ?? '', line))
  if (older !== undefined) return { text: lines.with(older, line).join('\n') }
  if (end === 'whole') return { text: `${text}${text.endsWith('\n') ? '' : '\n'}${line}\n` }
  // What cannot be followed is left behind: right below `#!` every line is at the top level.
  return { text: lines.toSpliced(end === 'unclear' ? 1 : end, 0, line).join('\n') }
}

function isHook(written: string, line: string): boolean {
  return written.trim() === line || /\/nicfix\b.*#\s*nicfix\s*$/.test(written)
}

// What opens a compound command, and the word that closes it.
const closers = new Map([
  ['if', 'fi'],
  ['case', 'esac'],
  ['for', 'done'],
  ['while', 'done'],
  ['until', 'done'],
  ['select', 'done'],
  ['{', '}'],
])
const closing = new Set(closers.values())
// After these words stands a command, as it does after a newline or a semicolon.
const leading = new Set(['if', 'then', 'else', 'elif', 'while', 'until', 'do', '{', '!', 'time'])
// In a branch or a function they may end the script only sometimes; that is enough.
const ending = new Set(['exit', 'exec', 'return'])

/** `starts`: lines on which top-level commands begin; `end`: the first that may end the script. Lines count from 0. */
type Outline = { readonly starts: readonly number[]; readonly end: number | 'whole' | 'unclear' }

/** Walks over a script as far as it surely runs to the end of each command. */
function outline(script: string): Outline {
  const starts: number[] = []
  const open: string[] = []
  let begins = true
  let wantsCommand = true
  let joined = false
  let line = 0
  let counted = 0
  for (const { kind, text, at } of readTokens(script)) {
    if (kind === 'unclear') return { starts, end: 'unclear' }
    if (kind === 'newline') {
      begins = open.length === 0 && !joined
      wantsCommand = true
      continue
    }
    line += countLines(script.slice(counted, at))
    counted = at
    if (begins) starts.push(line)
    begins = false
    const names: boolean = kind === 'word' && wantsCommand
    if (names && ending.has(text) && !isRedirection(script.slice(at))) {
      return { starts: starts.slice(0, -1), end: starts.at(-1) ?? 'unclear' }
    }
    if (names && closing.has(text) && open.pop() !== text) return { starts, end: 'unclear' }
    if (text === ')' && open.at(-1) !== 'esac') return { starts, end: 'unclear' }
    const closer = names ? closers.get(text) : undefined
    if (closer) open.push(closer)
    // `name ()` may have its body on the next line, and so may `function name`.
    joined = /^(?:&&|\|\|?&?|\(\s*\)|function)$/.test(text) || (kind === 'word' && joined && !names)
    wantsCommand =
      kind === 'word' ? names && (leading.has(text) || /^\w+=/.test(text)) : !/[<>]/.test(text)
  }
  const goesOn = open.length > 0 || joined || /\\\n?$/.test(script)
  return { starts, end: goesOn ? 'unclear' : 'whole' }
}

const countLines = (text: string): number => text.split('\n').length - 1

// `exec 2>/var/log/rc.local.log` opens a log and goes on.
function isRedirection(rest: string): boolean {
  return /^exec[ \t]+(?:\d+|\{\w+\})?(?:&>|[<>])/.test(rest)
}
