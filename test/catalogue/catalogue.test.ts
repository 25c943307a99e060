import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { catalogue } from './catalogue.ts'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

describe('the catalogue of faults', () => {
  it('has every fault once, in order', () => {
    const all = Array.from({ length: 52 }, (_, index) => `F${index + 1}`)
    expect(catalogue.map(({ id }) => id)).toEqual(all)
  })

  it('shows each fault by a test, or says why none can', () => {
    const bare = catalogue.filter(each => each.shown.length === 0 && !each.without)
    expect(bare.map(({ id }) => id)).toEqual([])
  })

  it.each(catalogue.flatMap(({ id, shown }) => shown.map(([file, name]) => [id, file, name])))(
    '%s: %s has a test with the words "%s"',
    (_id, file, name) => {
      expect(existsSync(new URL(`../../${file}`, import.meta.url))).toBe(true)
      expect(read(file).replaceAll('\\', '')).toContain(name)
    },
  )

  it('is the table of docs/reliability.md', () => {
    const table = read('docs/reliability.md')
    for (const { id, fault } of catalogue) {
      expect(table).toMatch(new RegExp(`^\\| ${id} +\\| `, 'm'))
      expect(table).toContain(fault)
    }
  })
})
