import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseDocument } from 'yaml'
import { chooseHosts } from '../../src/inventory/choose.ts'
import { loadInventory } from '../../src/inventory/load.ts'
import { planHost } from '../../src/plan/plan-host.ts'
import { loadPlaybook } from '../../src/playbook/load.ts'
import { readFacts, sha256, sources, withHandMade, withNic } from '../plan/make.ts'
import { findFault, listCalls, readText } from './commands.ts'

const list = (folder: string) =>
  readdirSync(new URL(`../../${folder}`, import.meta.url)).map(name => `${folder}/${name}`)

const workflows = ['examples/github-workflow.yml', 'examples/gitlab-ci.yml']
const yaml = [...list('playbooks'), ...list('examples')].filter(path => /\.ya?ml$/.test(path))
const inventory = 'examples/inventory.yaml'
const playbooks = yaml.filter(path => ![...workflows, inventory].includes(path))

describe('playbooks', () => {
  it('are there, and nothing else is in examples/', () => {
    expect(playbooks.length).toBeGreaterThan(3)
    expect(list('examples').filter(path => !yaml.includes(path))).toEqual([])
  })

  it.each(playbooks)('loads and plans from kept facts: %s', path => {
    const text = readText(path)
    const commandLine = {
      ...(text.includes('sha256: {') && { sha256 }),
      ...(text.includes('nic: {') && { nic: 'eno1' }),
      ...(text.includes('driver: {') && { driver: 'i40e' }),
    }
    const result = loadPlaybook(text, path, { commandLine })
    if ('problems' in result) throw new Error(JSON.stringify(result.problems, null, 1))
    const able = withNic(readFacts(), 'eno1', { eee: true })
    const facts = path.includes('revert') ? withHandMade(able) : able
    const planned = planHost(result.loaded, 'h1', facts, sources)
    if ('problems' in planned) throw new Error(JSON.stringify(planned.problems, null, 1))
    const { changes } = planned.plan
    expect(changes.map(({ phase }) => phase)).toContain('trial')
    expect(changes.map(({ phase }) => phase)).toContain('persist')
  })
})

describe('the inventory', () => {
  it('gives a playbook what it asks for', () => {
    const loaded = loadInventory(readText(inventory), inventory)
    if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems, null, 1))
    const [host] = chooseHosts(loaded.inventory, ['pve2'], [])
    const path = 'examples/custom-playbook.yaml'
    const values = { commandLine: {}, host: host?.vars ?? {} }
    const result = loadPlaybook(readText(path), path, values)
    expect(result).toMatchObject({ loaded: { vars: { nic: 'eno1' } } })
  })
})

describe('CI jobs', () => {
  it.each(workflows)('is YAML: %s', path => {
    const document = parseDocument(readText(path))
    expect([...document.errors, ...document.warnings]).toEqual([])
  })

  it.each(workflows)('plans, and applies by digest, with options that there are: %s', path => {
    const calls = listCalls(readText(path))
    const names = calls.map(([name]) => name)
    for (const name of ['validate', 'plan', 'apply', 'status']) expect(names).toContain(name)
    expect(calls.map(words => [words.join(' '), findFault(words)])).toEqual(
      calls.map(words => [words.join(' '), null]),
    )
    const apply = calls.find(([name]) => name === 'apply') ?? []
    expect(apply).toContain('--approve')
    expect(apply).not.toContain('--yes')
  })
})

describe('the check of calls', () => {
  it.each([
    ['nicfix plan p.yaml --host h1 -e a=b', null],
    ['$ nicfix lab ssh h1 uname', null],
    ['npx nicfix --version', null],
    ['nicfix redo RUN', 'no command redo'],
    ['nicfix plan p.yaml --colour red', 'unknown: --colour red'],
    ['nicfix plan --host h1', 'missing: playbook'],
    ['nicfix rollback RUN h1', 'too many arguments: RUN h1'],
  ])('%s', (line, fault) => {
    const [words] = listCalls(line)
    const found = findFault(words ?? [])
    expect(found).toEqual(fault)
  })
})
