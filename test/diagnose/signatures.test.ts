import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { signatures } from '../../src/diagnose/signatures/index.ts'
import { diagnosisSchema } from '../../src/model/diagnosis.ts'
import { examples } from './examples/index.ts'
import type { Example } from './examples/example.ts'
import { diagnoseLog, idsOf, notesOf } from './make.ts'

const ask = (example: Example) =>
  typeof example === 'string'
    ? diagnoseLog(example)
    : diagnoseLog(example.log ?? '', { parts: example.parts })

const ids = signatures.map(({ id }) => id)
const cases = Object.entries(examples)

describe('the catalogue', () => {
  it('has each trouble once, and at least forty of them', () => {
    expect(ids.length).toBeGreaterThanOrEqual(40)
    expect(ids).toEqual([...new Set(ids)])
  })

  it('has an example of what each is, and of what it is not', () => {
    expect(Object.keys(examples).toSorted()).toEqual(ids.toSorted())
    for (const [, { yes, no }] of cases)
      expect([yes.length > 0, no.length > 0]).toEqual([true, true])
  })

  it('says of each what it comes from, where that is written, and what to do', () => {
    const withAdvice = signatures.filter(
      ({ advice, weight }) => advice.length > 0 || weight === 'note',
    )
    expect(withAdvice).toEqual(signatures)
    for (const { cause, sources } of signatures) {
      expect(cause).toMatch(/^\S.*\.$/)
      expect(sources.length).toBeGreaterThan(0)
      for (const source of sources) expect(source).toMatch(/^https:\/\/|^IEEE /)
    }
  })

  it('names only signatures and playbooks that there are, with variables that they take', () => {
    for (const { with: needed = [], explainedBy = [], offers = [] } of signatures) {
      for (const id of [...needed, ...explainedBy]) expect(ids).toContain(id)
      for (const { playbook, vars = {}, missing = [] } of offers) {
        const path = new URL(`../../playbooks/${playbook}.yaml`, import.meta.url)
        expect(existsSync(path)).toBe(true)
        const known = (parse(readFileSync(path, 'utf8')) as { vars?: object }).vars ?? {}
        const required = Object.entries(known).filter(
          ([, each]) => (each as { required?: boolean }).required,
        )
        const given = [...Object.keys(vars), ...missing.map(({ name }) => name)]
        for (const name of given) expect(Object.keys(known)).toContain(name)
        for (const [name] of required) expect(given).toContain(name)
      }
    }
  })

  it('never offers to switch flow control off on i40e', () => {
    const offers = signatures.flatMap(({ offers: some = [], drivers }) =>
      some.map(each => ({ drivers, ...each })),
    )
    const pause = offers.filter(({ playbook }) => playbook.includes('flow-control'))
    expect(pause.length).toBeGreaterThan(0)
    for (const { drivers } of pause) expect(drivers).toEqual(['e1000e'])
  })
})

describe('a trouble is known by its sign', () => {
  it.each(cases.flatMap(([id, { yes }]) => yes.map(each => [id, each] as const)))(
    '%s in %j',
    (id, example) => {
      const diagnosis = ask(example)
      expect(idsOf(diagnosis)).toContain(id)
      expect(diagnosisSchema.parse(diagnosis)).toEqual(diagnosis)
    },
  )
})

describe('a trouble is not seen in what is alike', () => {
  it.each(cases.flatMap(([id, { no }]) => no.map(each => [id, each] as const)))(
    '%s in %j',
    (id, example) => {
      expect(idsOf(ask(example))).not.toContain(id)
    },
  )
})

describe('a note', () => {
  it('is no finding for the exit code', () => {
    const diagnosis = ask('e1000e 0000:00:1f.6 eno1: 10/100 speed: disabling TSO')
    expect(notesOf(diagnosis)).toHaveLength(1)
    expect(diagnosis.exitCode).toBe(0)
  })
})
