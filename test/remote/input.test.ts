import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { cut } from '../../src/remote/input.ts'

it('an input is cut into pieces of one size, but for the last, whatever pieces it came in', () => {
  const input = fc.oneof(fc.string(), fc.uint8Array(), fc.array(fc.uint8Array()))
  fc.assert(
    fc.property(input, fc.integer({ min: 1, max: 20 }), (whole, size) => {
      const pieces = Array.from(cut(whole, size))
      const bytes = Array.isArray(whole) ? Buffer.concat(whole) : Buffer.from(whole)
      expect(Buffer.concat(pieces)).toEqual(bytes)
      expect(pieces.slice(0, -1).filter(({ length }) => length !== size)).toEqual([])
      expect(pieces.filter(({ length }) => length === 0 || length > size)).toEqual([])
    }),
  )
})

it('a large piece is not copied to be cut', () => {
  const whole = new Uint8Array(100)
  const [first, second] = cut([new Uint8Array(5), whole], 10)
  expect(first?.buffer).not.toBe(whole.buffer)
  expect(second?.buffer).toBe(whole.buffer)
})
