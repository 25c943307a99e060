import { StringDecoder } from 'node:string_decoder'

/** Standard output and error of a command are each kept up to this size unless the caller says otherwise. */
export const defaultLimitBytes = 8 * 1024 * 1024

/** Keeps the head of a byte stream and lets the rest run by, so that the writer is never blocked. */
export type Collector = { add(piece: Uint8Array): void; text(): string }

/**
 * Makes a collector that keeps `limitBytes` at the most. `onText` sees everything, cut at character borders;
 * what it throws is dropped, because progress must not end a command.
 */
export function collect(limitBytes: number, onText?: (text: string) => void): Collector {
  const pieces: Uint8Array[] = []
  const decoder = new StringDecoder('utf8')
  let room = limitBytes
  let cut = false
  return {
    add(piece) {
      if (room > 0) pieces.push(piece.length > room ? piece.subarray(0, room) : piece)
      cut ||= piece.length > room
      room = Math.max(0, room - piece.length)
      if (onText) tell(onText, decoder.write(piece))
    },
    // A character that the limit cut in two is left out; `stream` does just that.
    text: () =>
      new TextDecoder('utf-8', { ignoreBOM: true }).decode(Buffer.concat(pieces), { stream: cut }),
  }
}

function tell(onText: (text: string) => void, text: string): void {
  try {
    if (text !== '') onText(text)
  } catch {
    // see collect()
  }
}
