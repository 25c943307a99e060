import { problem, Trouble } from '../problems.ts'

/**
 * Waits for a command's work. Work that waits for something that can no longer happen would let the process end with 0, as
 * if all were well. @throws {Trouble} NF9004
 */
export async function toItsEnd(work: Promise<unknown>): Promise<void> {
  const stalled = Promise.withResolvers<never>()
  const next = 'report it; `nicfix status --host HOST` says how a host is'
  const tell = () =>
    stalled.reject(new Trouble(problem('NF9004', 'the work has come to no end', next)))
  process.once('beforeExit', tell)
  try {
    await Promise.race([work, stalled.promise])
  } finally {
    process.off('beforeExit', tell)
  }
}
