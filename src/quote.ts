import { problem, Trouble } from './problems.ts'

const plainWord = /^[A-Za-z0-9_@%+:,./-][A-Za-z0-9_@%+=:,./-]*$/

/**
 * Makes one word of a POSIX shell command out of any text. Only single quotes are used: `$'…'` is not POSIX.
 * Source: POSIX.1-2017, Shell Command Language 2.2.2.
 * @throws {Trouble} NF9002 when the text holds a NUL, which no argument can carry.
 */
export function quote(word: string): string {
  if (word.includes('\0'))
    throw new Trouble(
      problem(
        'NF9002',
        'A NUL character was to become part of a shell command.',
        'Report this as a fault of nicfix.',
      ),
    )
  return plainWord.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}

/**
 * Quotes each word and joins them with blanks: an argv as shell text.
 * @throws {Trouble} NF9002 as `quote`.
 */
export function quoteAll(words: readonly string[]): string {
  return words.map(quote).join(' ')
}
