import { execa } from 'execa'
import { array, assert, asyncProperty, oneof, string } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { quote, quoteAll } from '../src/quote.ts'
import { asRoot } from '../src/remote/sudo.ts'
import { hostileWord, shells } from './hostile.ts'

const words = array(oneof(string({ unit: 'grapheme' }).map(withoutNul), hostileWord), {
  minLength: 1,
  maxLength: 60,
})

function withoutNul(text: string): string {
  return text.replaceAll('\0', '')
}

describe.each(shells)('$name', ({ file, flags }) => {
  test('gives every quoted word back unchanged', async () => {
    await assert(
      asyncProperty(words, async list => {
        const command = `printf '%s\\0' ${quoteAll(list)}`
        const { stdout } = await execa(file, [...flags, '-c', command], {
          stripFinalNewline: false,
        })
        expect(stdout.split('\0').slice(0, -1)).toEqual(list)
      }),
      { numRuns: 20 },
    )
  })

  test('gives words back that were quoted twice, once for the login shell', async () => {
    const list = [`it's "so" \\n $HOME`, '', '-n', '~root', 'a=b', '\n']
    const command = asRoot(`printf '%s\\0' ${quoteAll(list)}`, 'root')
    const { stdout } = await execa(file, [...flags, '-c', command])
    expect(stdout.split('\0').slice(0, -1)).toEqual(list)
  })
})

test('a plain word stays readable', () => {
  expect(quote('/etc/network/interfaces')).toBe('/etc/network/interfaces')
  expect(quote('eth0')).toBe('eth0')
})

test('what a shell would read as an assignment or as nothing is quoted', () => {
  expect(quote('=ls')).toBe("'=ls'")
  expect(quote('')).toBe("''")
  expect(quote('~')).toBe("'~'")
})

test('a NUL is refused, because no argument can carry it', () => {
  expect(() => quote('a\0b')).toThrow('NF9002')
})
