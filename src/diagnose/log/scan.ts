import type { Words } from './words.ts'

/** Lines longer than this are cut: no kernel writes them, and a file without line ends must not fill the memory. */
const longestLine = 64 * 1024
const newline = 10

export type Hit = {
  /** The whole line, without its line end. */
  readonly line: string
  /** Words that the line was noticed by. */
  readonly hints: readonly string[]
  /** The lines before it, the nearest first, as far as they are at hand. */
  readonly before: Iterable<string>
}

export type Size = {
  readonly lines: number
  readonly bytes: number
  /** Lines that were cut. */
  readonly cut: number
  readonly hasNul: boolean
}

export type Scan = { push(chunk: Uint8Array): void; end(): Size }

/**
 * Reads a log as it streams by and shows the lines that hold one of the words. All others cost one look at
 * each of their bytes, and are never made into text; so no input can break it, whatever its bytes are.
 */
export function scanLog(words: Words, onHit: (hit: Hit) => void): Scan {
  let rest: Buffer = Buffer.alloc(0)
  let isCutting = false
  const size = { lines: 0, bytes: 0, cut: 0, hasNul: false }

  const look = (bytes: Buffer, from: number, end: number): void => {
    for (let at = words.next(bytes, from, end); at !== -1;) {
      const begin = findBegin(bytes, from, at)
      const stop = findEnd(bytes, at, end)
      const line = decode(bytes, begin, stop)
      const before = { [Symbol.iterator]: () => linesBefore(bytes, begin, from) }
      onHit({ line, hints: words.all(bytes, begin, stop), before })
      at = words.next(bytes, stop, end)
    }
  }

  return {
    push(chunk) {
      const own = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
      size.bytes += own.length
      for (let at = own.indexOf(newline); at !== -1; at = own.indexOf(newline, at + 1))
        size.lines += 1
      size.hasNul ||= own.includes(0)
      const bytes = rest.length === 0 ? own : Buffer.concat([rest, own])
      const last = bytes.lastIndexOf(newline)
      if (isCutting && last === -1) return
      look(bytes, isCutting ? bytes.indexOf(newline) + 1 : 0, Math.max(last, 0))
      isCutting = false
      const left = bytes.subarray(last + 1)
      if (left.length > longestLine) {
        size.cut += 1
        look(left, 0, longestLine)
        isCutting = true
      }
      // A copy: the rest of a chunk must not keep the chunk.
      rest = isCutting ? Buffer.alloc(0) : Buffer.from(left)
    },
    end() {
      if (rest.length > 0) {
        size.lines += 1
        look(rest, 0, rest.length)
      }
      rest = Buffer.alloc(0)
      return size
    },
  }
}

// Lines are short: a call out of JavaScript would take longer than the bytes between.

function findBegin(bytes: Buffer, from: number, at: number): number {
  let begin = at
  while (begin > from && bytes[begin - 1] !== newline) begin -= 1
  return begin
}

function findEnd(bytes: Buffer, at: number, end: number): number {
  let stop = at
  while (stop < end && bytes[stop] !== newline) stop += 1
  return stop
}

function decode(bytes: Buffer, from: number, end: number): string {
  const to = bytes[end - 1] === 13 && end > from ? end - 1 : end
  return bytes.toString('utf8', from, Math.min(to, from + longestLine))
}

function* linesBefore(bytes: Buffer, begin: number, from: number): Generator<string> {
  for (let end = begin - 1; end > from;) {
    const start = Math.max(bytes.lastIndexOf(newline, end - 1) + 1, from)
    yield decode(bytes, start, end)
    end = start - 1
  }
}
