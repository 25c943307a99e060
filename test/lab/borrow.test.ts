import { expect, test } from 'vitest'
import { listFitting } from '../main/borrow.ts'

test('by its topology alone a host of the standard release is borrowed, the last one first', () => {
  expect(listFitting()).toEqual(['h2', 'h1'])
  expect(listFitting('two-ports')).toEqual(['h2', 'h1'])
  expect(listFitting('lan-ports')).toEqual(['h3'])
})

test('a host of another release is borrowed by the name of that', () => {
  expect(listFitting('two-ports', 'debian-11')).toEqual(['h4'])
  expect(listFitting('two-ports', 'debian-13')).toEqual(['h5'])
  expect(listFitting('lan-ports', 'debian-13')).toEqual([])
})
