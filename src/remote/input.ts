import type { Input } from './host.ts'

/** The bytes of an input, in the pieces that it came in. */
export function piecesOf(input: Input = []): readonly Uint8Array[] {
  if (typeof input === 'string') return [Buffer.from(input)]
  return input instanceof Uint8Array ? [input] : input
}

/** The same bytes in pieces of one size, but for the last. What lies together is not copied. */
export function* cut(input: Input | undefined, size: number): Generator<Uint8Array> {
  let waiting: Uint8Array[] = []
  let room = size
  for (const piece of piecesOf(input)) {
    let rest = piece
    while (rest.length > 0) {
      const part = rest.subarray(0, room)
      rest = rest.subarray(part.length)
      waiting.push(part)
      room -= part.length
      if (room > 0) continue
      yield join(waiting)
      waiting = []
      room = size
    }
  }
  if (waiting.length > 0) yield join(waiting)
}

function join([first = new Uint8Array(), ...more]: readonly Uint8Array[]): Uint8Array {
  return more.length === 0 ? first : Buffer.concat([first, ...more])
}
