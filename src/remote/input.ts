import type { Input } from './host.ts'

/** The bytes of an input, in the pieces that it came in. */
export function piecesOf(input: Input = []): readonly Uint8Array[] {
  if (typeof input === 'string') return [Buffer.from(input)]
  return input instanceof Uint8Array ? [input] : input
}

/** The same bytes in pieces of one size, but for the last; only one of them is made at a time. */
export function* cut(input: Input | undefined, size: number): Generator<Uint8Array> {
  let waiting: Uint8Array[] = []
  let length = 0
  for (const piece of piecesOf(input)) {
    for (let at = 0; at < piece.length;) {
      const part = piece.subarray(at, at + size - length)
      waiting.push(part)
      at += part.length
      length += part.length
      if (length < size) continue
      yield Buffer.concat(waiting)
      waiting = []
      length = 0
    }
  }
  if (length > 0) yield Buffer.concat(waiting)
}
