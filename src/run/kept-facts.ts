import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { Facts } from '../model/facts.ts'

declare const kept: unique symbol

/** Facts that wait until somebody looks at them: as objects they would take five times the memory, for every host of a fleet. */
export type KeptFacts = string & { readonly [kept]: true }

/** Bytes that it takes at a time; zlib would take 16 KiB, and all hosts are packed in one go. */
const chunkSize = 4096

/** Packs them; takes about a millisecond. */
export function keepFacts(facts: Facts): KeptFacts {
  // A string of a byte a letter: small buffers are pieces of larger ones, and would keep those.
  return deflateRawSync(JSON.stringify(facts), { chunkSize }).toString('latin1') as KeptFacts
}

/** The facts as they were when they were packed. */
export function takeFacts(facts: KeptFacts): Facts {
  return JSON.parse(inflateRawSync(Buffer.from(facts, 'latin1')).toString()) as Facts
}
