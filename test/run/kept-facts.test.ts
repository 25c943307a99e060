import { assert, jsonValue, property } from 'fast-check'
import { expect, it } from 'vitest'
import type { Facts } from '../../src/model/facts.ts'
import { keepFacts, takeFacts } from '../../src/run/kept-facts.ts'

it('facts that were kept are taken out as they were put in, letters of all scripts too', () => {
  assert(
    property(jsonValue({ stringUnit: 'binary', noUnicodeString: false }), value => {
      const facts = value as unknown as Facts
      expect(takeFacts(keepFacts(facts))).toEqual(JSON.parse(JSON.stringify(facts)))
    }),
  )
})

it('facts that were kept take a part of the room of their text', () => {
  const facts = { lines: Array.from({ length: 200 }, (_, at) => `eno${at} up 1000 full`) }
  const text = JSON.stringify(facts)
  expect(keepFacts(facts as unknown as Facts).length).toBeLessThan(text.length / 3)
})
