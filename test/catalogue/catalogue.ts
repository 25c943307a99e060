import type { Entry } from './entry.ts'
import { first } from './first.ts'
import { second } from './second.ts'

/** Every fault that a change of a driver over SSH can meet, what has to come of it, and the tests that throw it. */
export const catalogue: readonly Entry[] = [...first, ...second]
