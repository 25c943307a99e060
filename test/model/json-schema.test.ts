import { readdirSync, readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { fileKinds, jsonSchemaOf } from '../../src/model/json-schema.ts'
import type { FileKind } from '../../src/model/json-schema.ts'
import { FakeHost } from '../run/fake-host.ts'
import { FakeClock } from '../run/faults.ts'
import { travel } from '../run/setup.ts'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

/** What another program's validator says of a document: a line for each error. */
function judge(kind: FileKind, document: unknown): string[] {
  const validate = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(jsonSchemaOf(kind))
  validate(document)
  return (validate.errors ?? []).map(each => `${each.instancePath} ${each.message}`)
}

it.each([
  ['a run that goes well', {}],
  ['one that is rolled back', { trialFails: true }],
] as const)('the report of %s is what its schema says', async (_, faults) => {
  const {
    entries: _e,
    told: _t,
    ...result
  } = await travel({ host: new FakeHost(new FakeClock(), faults) })
  const report = {
    format: 'nicfix.report/1',
    run: result.run,
    hosts: [result],
    problems: [],
    skipped: ['h2'],
  }
  expect(judge('report', JSON.parse(JSON.stringify(report)))).toEqual([])
})

const playbooks = [
  ...readdirSync(new URL('../../playbooks', import.meta.url)).map(name => `playbooks/${name}`),
  'examples/custom-playbook.yaml',
]

it('let the inventory of the examples pass', () => {
  expect(judge('inventory', parse(read('examples/inventory.yaml')))).toEqual([])
})

describe('the JSON Schemas', () => {
  it.each(fileKinds)('are those in schema/: %s', kind => {
    const kept: unknown = JSON.parse(read(`schema/${kind}.v1.schema.json`))
    // Made anew by: nicfix schema KIND >schema/KIND.v1.schema.json
    expect(kept).toEqual(jsonSchemaOf(kind))
  })

  it.each(playbooks)('let %s pass', path => {
    expect(judge('playbook', parse(read(path)))).toEqual([])
  })

  it('find a misspelt key, an unknown action and a value of the wrong kind', () => {
    const playbook = parse(read('playbooks/e1000e-flow-control-off.yaml')) as object
    expect(judge('playbook', { ...playbook, gaurd: {} }).join()).toContain('additional properties')
    expect(judge('playbook', { ...playbook, steps: [{ id: 'a', use: 'nic.paws' }] })).not.toEqual(
      [],
    )
    expect(judge('playbook', { ...playbook, guard: { 'confirm-within': 'soon' } })).toContain(
      '/guard/confirm-within must match pattern "^\\d{1,6}(s|m)$"',
    )
  })

  it('let a variable stand for a time, a choice and a switch', () => {
    const playbook = parse(read('playbooks/e1000e-flow-control-off.yaml')) as object
    const pause = { rx: '${rx}', tx: 'off' }
    const steps = [{ id: 'a', use: 'nic.pause', with: pause }]
    const guard = { 'confirm-within': '${patience}' }
    expect(judge('playbook', { ...playbook, guard, steps })).toEqual([])
  })
})
