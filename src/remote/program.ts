import { execa } from 'execa'

/** What a program prints, and nothing else of it is of interest. `why` when it did not end well. */
export async function readProgram(
  path: string,
  words: readonly string[],
): Promise<{ text: string } | { why: string }> {
  const limits = { timeout: 60_000, maxBuffer: 64 * 1024 * 1024 }
  const ran = await execa(path, words, { reject: false, stdin: 'ignore', ...limits })
  if (!ran.failed) return { text: ran.stdout }
  const said = ran.stderr.trim().split('\n').at(-1)
  return { why: said || ran.shortMessage || 'it failed' }
}
