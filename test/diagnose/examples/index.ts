import { deviceExamples } from './device.ts'
import { dropsExamples } from './drops.ts'
import { hostExamples } from './host.ts'
import { linkExamples } from './link.ts'
import { transmitExamples } from './transmit.ts'
import type { Examples } from './example.ts'

/** By signature. */
export const examples: Readonly<Record<string, Examples>> = {
  ...hostExamples,
  ...deviceExamples,
  ...linkExamples,
  ...transmitExamples,
  ...dropsExamples,
}
