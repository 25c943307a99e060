import { parse } from 'yaml'
import type { LoadedPlaybook, Use } from '../model/playbook.ts'
import { problem, Trouble, type Problem } from '../problems.ts'
import { loadPlaybook } from './load.ts'
import { readSmallFile } from '../small-file.ts'
import type { Kind } from '../small-file.ts'
import type { Values } from './variables.ts'

/** Nobody reviews more, and a file of another kind is told at once. */
const playbookFile: Kind = { what: 'a playbook', mostBytes: 64 * 1024 }

/** Reads a playbook from the disk and loads it. A file that cannot be read is NF1001; the rest is as in `loadPlaybook`. */
export function readPlaybook(
  path: string,
  values: Values,
): { loaded: LoadedPlaybook } | { problems: Problem[] } {
  const read = readText(path)
  return 'problems' in read ? read : loadPlaybook(read.text, path, values)
}

/** The text of a playbook, of which nothing is known yet but that it is text: else NF1001. */
export function readText(path: string): { text: string } | { problems: Problem[] } {
  const read = readSmallFile(path, playbookFile)
  if ('why' in read) return { problems: [unreadable(path, read.why)] }
  const text = decode(read.bytes)
  return text === null ? { problems: [unreadable(path, 'it is not UTF-8 text')] } : { text }
}

/** What a playbook does, as far as it says so without the values of its variables. */
export type Outline = {
  readonly name: string
  readonly steps: readonly { readonly id: string; readonly use: Use }[]
}

/** @throws {Trouble} NF1xxx for a playbook that is wrong, but not for a value that is missing */
export function readOutline(path: string): Outline {
  const read = readText(path)
  if ('problems' in read) throw new Trouble(...read.problems)
  const result = loadPlaybook(read.text, path, { commandLine: {} })
  if ('loaded' in result) return result.loaded.playbook
  const problems = result.problems.filter(({ code }) => code !== 'NF1010')
  if (problems.length > 0) throw new Trouble(...problems)
  // It is right but for values, and none of them is in here.
  return parse(read.text) as Outline
}

function unreadable(path: string, why: string): Problem {
  return problem('NF1001', `cannot read the playbook ${path}: ${why}`, 'nicfix explain NF1001')
}

function decode(bytes: Buffer): string | null {
  try {
    // The byte order mark stays: the digest of the text must be that of the file.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return null
  }
}
