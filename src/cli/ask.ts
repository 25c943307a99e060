import { createInterface } from 'node:readline/promises'
import { problem, Trouble } from '../problems.ts'

/**
 * Asks on the terminal. Anything but "yes" is a no.
 * @throws {Trouble} NF3002 where nobody can be asked, or where the answer was no
 */
export async function askFor(question: string, instead: string): Promise<void> {
  if (!process.stdin.isTTY) {
    const message = 'nobody has approved this, and there is no terminal to ask on'
    throw new Trouble(problem('NF3002', message, instead))
  }
  const dialogue = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await dialogue.question(`${question} Type yes: `)
    if (answer.trim().toLowerCase() === 'yes') return
    throw new Trouble(problem('NF3002', 'not approved; nothing was changed', instead))
  } finally {
    dialogue.close()
  }
}
