import { describe, expect, it } from 'vitest'
import { makeInput } from './mutations.ts'
import type { Ingredients } from './mutations.ts'
import { shrink } from './shrink.ts'
import { mendSums, tarOf } from './tar.ts'

const from: Ingredients = {
  samples: [Buffer.from('a: 1\nb: [x, y]\n'), Buffer.from('c: 2\n'.repeat(50))],
  words: ['__proto__', 'ß'],
  largest: 5000,
}
const draw = (at: number, seed = 7, target = 't') => makeInput({ seed, target, at }, from)
const many = Array.from({ length: 500 }, (_, at) => draw(at))

describe('inputs', () => {
  it('begin with the samples as they are', () => {
    expect(many.slice(0, 2)).toEqual(from.samples)
  })

  it('are made anew from the seed, the target and the number alone', () => {
    const backwards = many.map((_, at) => draw(many.length - 1 - at)).toReversed()
    expect(backwards).toEqual(many)
    const others = [draw(3, 8), draw(3, 7, 'u'), draw(4)]
    for (const other of others) expect(other.equals(many[3]!)).toBe(false)
  })

  it('are mostly different from each other, and never larger than they may be', () => {
    expect(new Set(many.map(each => each.toString('latin1'))).size).toBeGreaterThan(400)
    expect(Math.max(...many.map(each => each.length))).toBeLessThanOrEqual(5000)
  })

  it('hold words of the format, control characters, bytes that are no text, and depth', () => {
    const all = Buffer.concat(Array.from({ length: 1500 }, (_, at) => draw(at))).toString('latin1')
    for (const piece of ['__proto__', '\u001b[2J', '\xff\xfe', '\0', '[[[[[[[['])
      expect(all).toContain(piece)
  })
})

const fails = (each: Buffer) => Promise.resolve(each.includes('!') && each.includes('?'))

describe('an input that fails', () => {
  it('is made smaller as long as it fails', async () => {
    const input = Buffer.from(`${'x'.repeat(300)}!${'y'.repeat(300)}?`)
    expect((await shrink(input, fails)).toString()).toBe('!?')
  })
})

describe('a tar with a changed header', () => {
  it('gets the sum that it has to have', () => {
    const tar = tarOf({ meta: 'host h1\n' })
    expect(mendSums(tar)).toEqual(tar)
    const changed = Buffer.from(tar)
    changed.write('mfta', 0)
    expect(mendSums(changed).subarray(148, 156)).not.toEqual(tar.subarray(148, 156).fill(0))
  })
})
