import { writeFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import { extract, pack } from 'tar-stream'
import { pipeline } from 'node:stream/promises'
import { Readable } from 'node:stream'
import { bundleLimits, isLog, isPart } from '../diagnose/bundle.ts'
import { problem, Trouble } from '../problems.ts'

export type Bytes = AsyncIterable<Uint8Array>

/**
 * Hands over each file of a tar that is a part of a bundle. Links, devices, folders and other names are passed over, and
 * nothing is written to the disk.
 * @throws {Error} where it is no tar, is cut, or has too many files
 */
export async function walkBundle(
  tar: Bytes,
  onPart: (path: string, content: Bytes) => Promise<void>,
): Promise<void> {
  const files = extract()
  const feeding = pipeline(Readable.from(tar), files)
  // What goes wrong there ends the loop below, too.
  feeding.catch(() => undefined)
  let count = 0
  for await (const entry of files) {
    const { name, type, size } = entry.header
    // The reader would wait for ever for the end of such a file.
    if (!Number.isSafeInteger(size)) throw new Error(`it does not say how large ${name} is`)
    count += 1
    if (count > bundleLimits.files) throw new Error(`it has more than ${bundleLimits.files} files`)
    const path = name.replace(/^\.\//, '')
    if (type === 'file' && isPart(path)) await onPart(path, entry as Bytes)
    entry.resume()
  }
  await feeding
}

/**
 * Keeps what was collected of a host, for its owner alone; never over a file that is there.
 * @throws {Trouble} NF3006
 */
export async function writeBundle(path: string, parts: ReadonlyMap<string, string>): Promise<void> {
  const tar = pack()
  // The ports before the logs: whoever reads it knows then which lines are about them.
  const order = [...parts.keys()].toSorted(
    (one, other) => Number(isLog(one)) - Number(isLog(other)),
  )
  for (const name of order)
    tar.entry({ name, mode: 0o600, mtime: new Date(0) }, parts.get(name) ?? '')
  tar.finalize()
  const pieces: Uint8Array[] = []
  for await (const piece of tar as AsyncIterable<Uint8Array>) pieces.push(piece)
  try {
    await writeFile(path, gzipSync(Buffer.concat(pieces)), { mode: 0o600, flag: 'wx' })
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    const next = 'name a file that is not there yet, in a folder that is'
    throw new Trouble(problem('NF3006', `the bundle cannot be written: ${why}`, next))
  }
}
