import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chop, count, wrap } from '../../src/plan/wrap.ts'

// Halves of pairs too: what a host sends need not be well-formed.
const anyText = fc.string({ unit: 'binary' })

describe('a line of a plan', () => {
  it('is counted in characters, whatever is in it', () => {
    fc.assert(
      fc.property(anyText, text => {
        expect(count(text)).toBe(Array.from(text).length)
      }),
    )
  })

  it('is cut into pieces that fit, and nothing is lost', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 1, max: 20 }), (text, width) => {
        const pieces = chop(text, width)
        expect(pieces.join('')).toBe(text)
        expect(pieces.every(piece => count(piece) <= width)).toBe(true)
      }),
    )
  })

  it('is broken into lines that fit, and keeps its words', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 1, max: 40 }), (text, width) => {
        const lines = wrap(text, width)
        expect(lines.every(line => count(line) <= width)).toBe(true)
        expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''))
      }),
    )
  })
})
