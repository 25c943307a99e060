import { describe, expect, it } from 'vitest'
import { countSlips, guessWord } from '../../src/playbook/typo.ts'

describe('a slip of the fingers', () => {
  it.each([
    ['soak', 'soak', 0],
    ['soack', 'soak', 1],
    ['saok', 'soak', 1],
    ['', 'abc', 3],
    ['abc', '', 3],
    ['kitten', 'sitting', 3],
    ['ab', 'ba', 1],
  ])('from %s to %s counts %i', (from, to, slips) => {
    expect(countSlips(from, to)).toBe(slips)
  })

  it.each([
    ['of', ['on', 'off'], 'off'],
    ['verison', ['version', 'source'], 'version'],
    ['RX', ['rx', 'tx'], 'rx'],
    ['q', ['a', 'b'], undefined],
    ['zz', ['id', 'use', 'with'], undefined],
    ['driver', ['nicfix'], undefined],
    ['anything', [], undefined],
  ])('%s, where %j are allowed, means %s', (written, allowed, meant) => {
    expect(guessWord(written, allowed)).toBe(meant)
  })
})
