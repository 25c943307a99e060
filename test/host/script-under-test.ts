import { readFileSync } from 'node:fs'
import { hostScript } from '../../src/host/script.ts'

/** The host script, or a mutant of it: `npm run mutate` has the tests try scripts with a line missing. */
export function scriptUnderTest(): string {
  const mutant = process.env['NICFIX_MUTANT']
  return mutant === undefined ? hostScript() : readFileSync(mutant, 'utf8')
}
