import { createContext, runInContext } from 'node:vm'

const mostMs = 500

/** Does the text match? Null where the answer takes too long: some patterns go back and forth for ever over a short text. */
export function matches(pattern: RegExp, text: string): boolean | null {
  const context = createContext({ pattern, text })
  try {
    return runInContext('pattern.test(text)', context, { timeout: mostMs }) as boolean
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return null
    throw error
  }
}
