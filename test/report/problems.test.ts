import { stripVTControlCharacters } from 'node:util'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { problem } from '../../src/problems.ts'
import { renderProblem, renderProblems, show } from '../../src/report/problems.ts'

const place = { file: 'playbooks/x.yaml', line: 18, column: 5, width: 5 }
const unknownKey = problem('NF1007', 'unknown key "soack"', 'nicfix explain NF1007', {
  place,
  source: '    soack: 15m',
  details: ['did you mean "soak"?', 'keys here: waves, soak'],
})

describe('a problem', () => {
  it('shows its place, a caret, the guess beside it, the details and what to do next', () => {
    expect(renderProblem(unknownKey)).toBe(`\
error[NF1007]: unknown key "soack"   (exit 65)
  --> playbooks/x.yaml:18:5
18 |     soack: 15m
   |     ^^^^^ did you mean "soak"?
  keys here: waves, soak
  next: nicfix explain NF1007`)
  })

  it('begins with its host, where it has one', () => {
    const lost = problem('NF6003', 'cannot be reached', 'ssh h1', { host: 'h1', details: ['a\nb'] })
    expect(renderProblem(lost)).toBe(`\
error[NF6003]: h1 · cannot be reached   (exit 4)
  a
  b
  next: ssh h1`)
  })

  it('shows a place without its source line', () => {
    const bare = problem('NF1003', 'm', 'n', { place: { file: 'f', line: 1, column: 2 } })
    expect(renderProblem(bare)).toBe('error[NF1003]: m   (exit 65)\n  --> f:1:2\n  next: n')
  })

  it('keeps the caret below its word after tabs and after what had to be made visible', () => {
    const tabbed = { ...unknownKey, source: '\t\x1b[31m\tsoack: 1', place: { ...place, column: 8 } }
    expect(renderProblem(tabbed).split('\n').slice(2, 4)).toEqual([
      '18 | \t\\x1b[31m\tsoack: 1',
      '   | \t        \t^^^^^ did you mean "soak"?',
    ])
  })

  it('is red only when asked, and says the same then', () => {
    const coloured = renderProblem(unknownKey, { colour: true })
    expect(renderProblem(unknownKey)).not.toContain('\x1b')
    expect(coloured).toContain('\x1b[')
    expect(stripVTControlCharacters(coloured)).toBe(renderProblem(unknownKey))
  })

  it('stands apart from the next one by an empty line', () => {
    expect(renderProblems([unknownKey, unknownKey])).toBe(
      `${renderProblem(unknownKey)}\n\n${renderProblem(unknownKey)}`,
    )
    expect(renderProblems([])).toBe('')
  })
})

describe('what a terminal would obey', () => {
  it.each([
    ['a colour', '\x1b[31mred', '\\x1b[31mred'],
    ['a title', '\x1b]0;x\x07', '\\x1b]0;x\\x07'],
    ['a carriage return', 'ok\rbad', 'ok\\x0dbad'],
    ['a line end', 'a\nb', 'a\\x0ab'],
    ['C1 control', '\x9b31m', '\\x9b31m'],
    ['a direction', 'a\u202Eb', 'a\\u202eb'],
    ['a line separator', 'a\u2028b', 'a\\u2028b'],
    ['a tab, which is harmless', 'a\tb', 'a\tb'],
    ['letters, which are too', 'größer → 漢字', 'größer → 漢字'],
  ])('is made visible: %s', (_name, text, shown) => {
    expect(show(text)).toBe(shown)
  })

  it('never gets out, wherever a file or a host put it', () => {
    const hostile = fc.string({
      unit: fc.oneof(fc.constantFrom('\x1b', '\r', '\b', '\x9b', '\u202e', '\0'), fc.string()),
    })
    fc.assert(
      fc.property(hostile, fc.nat(30), (text, column) => {
        const bad = problem('NF4002', text, text, {
          host: text,
          details: [text, text],
          place: { file: text, line: 1, column: column + 1, width: column },
          source: text,
        })
        expect(renderProblem(bad)).not.toMatch(/(?![\n\t])[\p{Cc}\p{Bidi_Control}]/u)
      }),
    )
  })
})

it('a very long line is shown around its place', () => {
  const source = `${'a'.repeat(500)} soack ${'b'.repeat(500)}`
  const found = problem('NF1007', 'm', 'n', { place: { ...place, column: 502 }, source })
  const [, , line = '', caret = ''] = renderProblem(found).split('\n')
  expect(line.length).toBeLessThan(180)
  expect(line).toMatch(/^18 \| … a+ soack b+ …$/)
  expect(caret.indexOf('^')).toBe(line.indexOf('soack'))
  expect(caret).toMatch(/^ *\| +\^{5}$/)
})
