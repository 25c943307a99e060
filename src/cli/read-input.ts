import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { basename } from 'node:path'
import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { bundleLimits, isLog, knownPorts, sinceOf } from '../diagnose/bundle.ts'
import { nothingCollected, readCollected } from '../diagnose/collected.ts'
import type { Collected } from '../diagnose/collected.ts'
import { startGathering } from '../diagnose/gather.ts'
import type { Gathered, Since } from '../diagnose/gather.ts'
import { lastMoment } from '../diagnose/log/last.ts'
import { problem, Trouble } from '../problems.ts'
import { walkBundle } from './bundle-file.ts'
import type { Bytes } from './bundle-file.ts'

export type Input = { readonly gathered: Gathered; readonly collected: Collected }

const mebibyte = 1024 * 1024
/** What is compressed, or a tar, is read twice and kept meanwhile. */
const mostKept = 256 * mebibyte
/** What may come out of it: more than any host logs, and less than would keep a machine busy for hours. */
const mostUnpacked = 4096 * mebibyte
const tailBytes = 256 * 1024

/**
 * Reads a bundle, or a kernel log as text; either may be gzipped. What it is, is seen by its first bytes.
 * @param path a file, or '-' for standard input
 * @param sinceSeconds only what came later; of a log without a bundle, counted from its last line
 * @throws {Trouble} NF3006
 */
export async function readInput(path: string, sinceSeconds: number | null): Promise<Input> {
  const name = path === '-' ? 'standard input' : basename(path)
  try {
    return await readAny(path, name, sinceSeconds)
  } catch (error) {
    if (error instanceof Trouble) throw error
    throw refuse(name, error instanceof Error ? error.message : String(error))
  }
}

async function readAny(path: string, name: string, sinceSeconds: number | null): Promise<Input> {
  const source = path === '-' ? process.stdin : createReadStream(path, { highWaterMark: mebibyte })
  const { first, whole } = await peek(source)
  const isGzip = first[0] === 0x1f && first[1] === 0x8b
  if (!isGzip && !isTar(first)) {
    const since = sinceSeconds === null ? never : await countBack(path, name, sinceSeconds)
    return readText(name, whole, since)
  }
  const kept = await keep(whole)
  const unpack = () => (isGzip ? gunzip(kept) : Readable.from([kept]))
  if (isTar((await peek(unpack())).first)) return readBundle(unpack, sinceSeconds)
  if (sinceSeconds !== null) throw refuse(name, '--since needs a log that is not compressed')
  return readText(name, unpack(), never)
}

const never: Since = { calendar: null, uptime: null }

function refuse(name: string, why: string): Trouble {
  const next =
    'give it a kernel log as text, or a bundle of: nicfix diagnose --host HOST --collect FILE'
  return new Trouble(problem('NF3006', `${name}: ${why}`, next))
}

/** The first bytes of a stream, and the whole of it. */
async function peek(source: Bytes): Promise<{ first: Buffer; whole: Bytes }> {
  const iterator = source[Symbol.asyncIterator]()
  const begin: Uint8Array[] = []
  for (let size = 0; size < 512;) {
    const { value, done } = await iterator.next()
    if (done) break
    begin.push(value)
    size += value.length
  }
  async function* whole(): AsyncGenerator<Uint8Array> {
    yield* begin
    for (let next = await iterator.next(); !next.done; next = await iterator.next())
      yield next.value
  }
  return { first: Buffer.concat(begin).subarray(0, 512), whole: whole() }
}

/** POSIX.1-1988: "ustar" at 257. */
const isTar = (first: Buffer): boolean => first.subarray(257, 262).toString('latin1') === 'ustar'

async function keep(source: Bytes): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of source) {
    size += piece.length
    if (size > mostKept) throw new Error('it is larger than any bundle that nicfix makes')
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}

async function* gunzip(packed: Buffer): AsyncGenerator<Uint8Array> {
  const out = createGunzip({ chunkSize: mebibyte })
  out.end(packed)
  let size = 0
  for await (const piece of out as Bytes) {
    size += piece.length
    if (size > mostUnpacked) throw new Error('more comes out of it than any host logs')
    yield piece
  }
}

async function readText(name: string, source: Bytes, since: Since): Promise<Input> {
  const gathering = startGathering([], since)
  const log = gathering.open(name)
  for await (const piece of source) log.push(piece)
  log.end()
  return { gathered: gathering.end(), collected: nothingCollected }
}

/** A log does not say what time it is now: two days ago are two days before its last line. */
async function countBack(path: string, name: string, seconds: number): Promise<Since> {
  const tail = path === '-' ? null : await readTail(path)
  const last = tail === null ? null : lastMoment(tail)
  if (last?.seconds == null) throw refuse(name, '--since needs a file whose lines have a time')
  return { ...never, [last.clock]: last.seconds - seconds }
}

async function readTail(path: string): Promise<string> {
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    const from = Math.max(0, size - tailBytes)
    const { buffer, bytesRead } = await file.read(Buffer.alloc(tailBytes), 0, tailBytes, from)
    return buffer.toString('utf8', 0, bytesRead)
  } finally {
    await file.close()
  }
}

/** First everything but the logs: lines are tied to ports, so the ports have to be known before. */
async function readBundle(unpack: () => Bytes, sinceSeconds: number | null): Promise<Input> {
  const parts = new Map<string, string>()
  let room: number = bundleLimits.partsBytes
  await walkBundle(unpack(), async (path, content) => {
    if (isLog(path)) return
    const start = await readStart(content, Math.min(bundleLimits.partBytes, room))
    room -= start.length
    parts.set(path, start.toString('utf8'))
  })
  if (parts.size === 0) throw new Error('there is nothing in it that a bundle of nicfix has')
  const collected = readCollected(parts)
  const gathering = startGathering(knownPorts(collected), sinceOf(sinceSeconds, collected))
  await walkBundle(unpack(), async (path, content) => {
    if (!isLog(path)) return
    const log = gathering.open(path)
    let size = 0
    for await (const piece of content) {
      if (size < bundleLimits.logBytes) log.push(piece)
      size += piece.length
    }
    log.end()
  })
  return { gathered: gathering.end(), collected }
}

async function readStart(content: Bytes, limit: number): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of content) {
    if (size < limit) pieces.push(piece.subarray(0, limit - size))
    size += piece.length
  }
  return Buffer.concat(pieces)
}
