import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { open, readFile } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { problem, Trouble } from '../problems.ts'

/** A line of a journal: plain JSON, with its number, the time for people, and the hash of the line before. */
export type Entry = { readonly kind: string; readonly [key: string]: unknown }
export type Line = Entry & { readonly seq: number; readonly at: string; readonly prev: string }

export type Journal = {
  /** Returns when the line is on the disk. */
  append(entry: Entry): Promise<void>
  close(): Promise<void>
}

/** What to do about a run of which its journal cannot tell. */
export const askTheHost =
  'ask the host: nicfix status --host HOST; it ends by itself what it had begun'

const firstPrev = 'sha256:0'
const hashOf = (line: string) => `sha256:${createHash('sha256').update(line).digest('hex')}`

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY)
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** Makes a journal; one that exists already belongs to another run and is an error. */
export async function createJournal(path: string, today: () => Date): Promise<Journal> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_APPEND
  const file = await open(path, flags, 0o600)
  await syncFolder(dirname(path))
  return writeTo(file, 0, firstPrev, today)
}

/** Goes on in a journal that a controller has left; what it left of a torn last line is cut off. */
export async function continueJournal(
  path: string,
  today: () => Date,
): Promise<{ journal: Journal; lines: Line[] }> {
  const lines = await readJournal(path)
  const whole = wholeLines(await readFile(path, 'utf8'))
  const file = await open(path, constants.O_WRONLY | constants.O_APPEND)
  await file.truncate(Buffer.byteLength(whole.map(line => `${line}\n`).join('')))
  await file.sync()
  const last = whole.at(-1)
  const prev = last === undefined ? firstPrev : hashOf(last)
  return { journal: writeTo(file, lines.length, prev, today), lines }
}

function writeTo(file: FileHandle, from: number, before: string, today: () => Date): Journal {
  let seq = from
  let prev = before
  return {
    async append(entry) {
      const line = JSON.stringify({ seq, at: today().toISOString(), ...entry, prev })
      await file.appendFile(`${line}\n`)
      await file.datasync()
      seq += 1
      prev = hashOf(line)
    },
    close: () => file.close(),
  }
}

/** Reads a journal from the disk. @throws {Trouble} NF5005 */
export async function readJournal(path: string): Promise<Line[]> {
  return parseJournal(await readFile(path, 'utf8'), path)
}

/**
 * The lines of a journal, its chain checked. A last line without its newline is what a crash leaves, and is dropped.
 * @throws {Trouble} NF5005 for anything else that is not as it was written
 */
export function parseJournal(text: string, path: string): Line[] {
  let prev = firstPrev
  return wholeLines(text).map((line, seq) => {
    const entry = parseLine(line)
    if (entry?.prev !== prev || entry.seq !== seq) {
      const message = `${path}:${seq + 1}: the journal was changed after it was written`
      throw new Trouble(problem('NF5005', message, askTheHost))
    }
    prev = hashOf(line)
    return entry
  })
}

const wholeLines = (text: string) =>
  text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .slice(0, -1)

function parseLine(line: string): Line | null {
  try {
    const entry = JSON.parse(line) as Line | null
    return typeof entry?.kind === 'string' && typeof entry.at === 'string' ? entry : null
  } catch {
    return null
  }
}
