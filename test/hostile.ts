import { array, constantFrom, oneof, string } from 'fast-check'
import { existsSync } from 'node:fs'

/** A file that no command has a reason to make: where it is, something was run that was only to be said. */
export const canary = 'pwned'

const tricks = [
  `$(touch ${canary})`,
  `\`touch ${canary}\``,
  `;touch ${canary};`,
  `\ntouch ${canary}\n`,
  `|touch ${canary}`,
  `&touch ${canary}&`,
  `>${canary}`,
  `';touch ${canary};'`,
  `";touch ${canary};"`,
  `'"'"';touch ${canary};'`,
  `\\';touch ${canary};\\'`,
  `$\{x:=$(touch ${canary})}`,
  `$((x[$(touch ${canary})]))`,
  `!touch ${canary}`,
  `%(touch ${canary})%h%%`,
]
const signs = Array.from(`'"\\$\`;&|<>()[]{}*?!#~=-+%^@:,./ \t\n\r`)
const others = [
  '--',
  '-rf',
  '-e',
  '\0',
  '\u001B[2J',
  'ü',
  '\u202E',
  '𝒳',
  '\uFEFF',
  'x'.repeat(4000),
]

const piece = oneof(constantFrom(...tricks), constantFrom(...signs, ...others), string())

/** Texts of somebody who hopes that a shell will read them. */
export const hostileText = array(piece, { maxLength: 6 }).map(pieces => pieces.join(''))

/** The same without the one character that no argument can carry. */
export const hostileWord = hostileText.map(text => text.replaceAll('\0', ''))

/** The same in one line. */
export const hostileLine = hostileWord.map(text => text.replaceAll(/[\n\r]/g, ' '))

const known: readonly (readonly [file: string, ...flags: string[]])[] = [
  ['/usr/bin/dash'],
  ['/usr/bin/bash'],
  ['/usr/bin/busybox', 'sh'],
  ['/usr/bin/mksh'],
]

/** The shells that are here. */
export const shells = known
  .filter(([file]) => existsSync(file))
  .map(([file, ...flags]) => ({
    name: [file.replace(/^.*\//, ''), ...flags].join(' '),
    file,
    flags,
  }))
