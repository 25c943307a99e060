import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jsonPieces } from '../src/json-pieces.ts'

describe('JSON in pieces', () => {
  it('is, put together, what JSON.stringify makes of any value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(4), (value, levels) => {
        expect([...jsonPieces(value, levels)].join('')).toBe(JSON.stringify(value, null, 2))
      }),
    )
  })

  it('leaves out what is not there', () => {
    const value = { a: undefined, b: [{ c: undefined }, {}], d: 'x\ny' }
    expect([...jsonPieces(value)].join('')).toBe(JSON.stringify(value, null, 2))
  })

  it('has a piece for each member of a list in an object', () => {
    const hosts = ['one', 'two'].map(host => ({ host, changes: [1, 2] }))
    expect([...jsonPieces({ hosts })].filter(piece => piece.includes('changes'))).toHaveLength(2)
  })
})
