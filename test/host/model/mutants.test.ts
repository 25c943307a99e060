import { expect, it } from 'vitest'
import { hostScript } from '../../../src/host/script.ts'
import { mutants, mutate } from './mutants.ts'

it.each(mutants)('there is one place in the script for the mistake: $mistake', mutant => {
  expect(mutate(mutant)).not.toBe(hostScript())
})
