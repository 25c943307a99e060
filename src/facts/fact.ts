/**
 * One thing that the probe finds out.
 *
 * `command` is a read-only snippet of POSIX sh. It runs in a subshell of the probe with an empty standard input, may
 * call the helpers of `prelude.ts`, and prints lines. Its exit status does not count: an answer is what was printed.
 * `parse` gets those lines back, byte for byte.
 */
export type Fact<Value> = {
  readonly name: string
  readonly command: string
  /** @throws {Unreadable} where the text cannot be an answer to the command. */
  readonly parse: (body: string) => Value
}

/** Says that the output of a command cannot be understood. Never leaves `parseFacts`, which makes a problem of it. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable'
}

/** A line "key value": everything up to the first space, and the rest. A line without a space is a key alone. */
export type Entry = { readonly key: string; readonly value: string }

/** The lines of a body as entries; empty lines are left out. */
export function readEntries(body: string): Entry[] {
  return body
    .split('\n')
    .filter(line => line !== '')
    .map(line => {
      const space = line.indexOf(' ')
      return space === -1
        ? { key: line, value: '' }
        : { key: line.slice(0, space), value: line.slice(space + 1) }
    })
}

/** The value of the first entry with that key, trimmed; null where there is none or it is empty. */
export function findValue(entries: readonly Entry[], key: string): string | null {
  const value = entries.find(entry => entry.key === key)?.value.trim()
  return value === undefined || value === '' ? null : value
}

/** All values of that key, in the order of the output. */
export function findValues(entries: readonly Entry[], key: string): string[] {
  return entries.filter(entry => entry.key === key).map(entry => entry.value)
}

/** Cuts the entries into blocks: each begins at an entry with the given key. What comes before the first is left out. */
export function splitBlocks(entries: readonly Entry[], key: string): Entry[][] {
  const blocks: Entry[][] = []
  for (const entry of entries) {
    if (entry.key === key) blocks.push([])
    blocks.at(-1)?.push(entry)
  }
  return blocks
}

/** A whole number of decimal digits. @throws {Unreadable} for anything else. */
export function readNumber(text: string | null, what: string): number {
  if (text === null || !/^\d+$/.test(text))
    throw new Unreadable(`${what} is not a number: ${text ?? 'nothing'}`)
  return Number(text)
}
