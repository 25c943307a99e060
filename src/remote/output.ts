import { StringDecoder } from 'node:string_decoder'

/** Standard output and error of a command are each kept up to this size unless the caller says otherwise. */
export const defaultLimitBytes = 8 * 1024 * 1024

/**
 * Copied into pieces that grow up to this size: a host that sends single bytes would have us keep a whole packet for each,
 * and most answers are short.
 */
const mostPieceBytes = 64 * 1024
const firstPieceBytes = 1024

/** Keeps the head of a byte stream and lets the rest run by, so that the writer is never blocked. */
export type Collector = { add(piece: Uint8Array): void; text(): string }

/**
 * Makes a collector that keeps `limitBytes` at the most. `onText` sees everything, cut at character borders;
 * what it throws is dropped, because progress must not end a command.
 */
export function collect(limitBytes: number, onText?: (text: string) => void): Collector {
  const pieces: Buffer[] = []
  // Of the last piece.
  let used = 0
  const decoder = new StringDecoder('utf8')
  let room = limitBytes
  let cut = false
  return {
    add(piece) {
      let rest = piece.subarray(0, room)
      cut ||= piece.length > room
      room -= rest.length
      while (rest.length > 0) {
        let last = pieces.at(-1)
        if (!last || used === last.length) {
          const wanted = Math.max(rest.length, last ? last.length * 2 : firstPieceBytes)
          last = Buffer.allocUnsafe(Math.min(wanted, mostPieceBytes))
          pieces.push(last)
          used = 0
        }
        const part = rest.subarray(0, last.length - used)
        last.set(part, used)
        used += part.length
        rest = rest.subarray(part.length)
      }
      if (onText) tell(onText, decoder.write(piece))
    },
    // A character that the limit cut in two is left out; `stream` does just that.
    text: () =>
      new TextDecoder('utf-8', { ignoreBOM: true }).decode(
        Buffer.concat(pieces, limitBytes - room),
        { stream: cut },
      ),
  }
}

function tell(onText: (text: string) => void, text: string): void {
  try {
    if (text !== '') onText(text)
  } catch {
    // see collect()
  }
}

/** A collector that passes on what comes before a mark, and keeps what comes after it apart. */
export type Divided = Collector & { tail(): string | undefined }

/** What comes after a mark is short; a host that goes on and on is not listened to. */
const tailBytes = 64

/** Divides a byte stream at an ASCII mark. Nothing waits but bytes that could be the beginning of the mark. */
export function divide(mark: string, inner: Collector): Divided {
  let held: Buffer = Buffer.alloc(0)
  let tail: Buffer | undefined
  return {
    add(piece) {
      if (tail) {
        tail = Buffer.concat([tail, piece.subarray(0, tailBytes - tail.length)])
        return
      }
      const bytes = Buffer.concat([held, piece])
      const at = bytes.indexOf(mark)
      const end = at < 0 ? bytes.length - lengthOfStart(bytes, mark) : at
      inner.add(bytes.subarray(0, end))
      if (at < 0) held = bytes.subarray(end)
      else tail = Buffer.from(bytes.subarray(at + mark.length).subarray(0, tailBytes))
    },
    text() {
      // It was no mark after all.
      if (!tail && held.length > 0) inner.add(held)
      held = Buffer.alloc(0)
      return inner.text()
    },
    tail: () => tail?.toString('latin1'),
  }
}

/** How many of the last bytes are the beginning of the mark. */
function lengthOfStart(bytes: Buffer, mark: string): number {
  let length = Math.min(mark.length - 1, bytes.length)
  while (
    length > 0 &&
    !bytes.subarray(bytes.length - length).equals(Buffer.from(mark.slice(0, length)))
  )
    length--
  return length
}
