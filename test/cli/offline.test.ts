import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { planOffline } from '../../src/cli/offline.ts'
import { plan, readFacts } from '../plan/make.ts'

const folder = mkdtempSync(join(tmpdir(), 'nicfix-offline-'))
afterAll(() => rmSync(folder, { recursive: true }))

const playbook = 'playbooks/e1000e-flow-control-off.yaml'
const facts = readFacts()

function keep(name: string, content: unknown): string {
  const path = join(folder, name)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

const look = (files: readonly string[], ...host: string[]) =>
  planOffline(playbook, files, { host, env: {} })

describe('a plan from kept facts', () => {
  it('is the one that the host itself would get', async () => {
    const { plan: made, problems } = await look([keep('h1.facts.json', facts)])
    expect(problems).toEqual([])
    expect(made.hosts).toEqual([plan('e1000e-flow-control-off', facts)])
  })

  it('is for all hosts of all files, or for those that are named', async () => {
    const files = [keep('h1.json', facts), keep('more.json', { h2: facts, h3: facts })]
    const hostsOf = async (...names: string[]) =>
      (await look(files, ...names)).plan.hosts.map(({ host }) => host)
    expect(await hostsOf()).toEqual(['h1', 'h2', 'h3'])
    expect(await hostsOf('h3')).toEqual(['h3'])
  })

  it('is made for the others where one host cannot be planned for', async () => {
    const { nics, ...rest } = facts
    const bare = { ...rest, nics: nics.filter(({ driver }) => driver !== 'e1000e') }
    const found = await look([keep('two.json', { h1: facts, h2: bare })])
    expect(found.plan.hosts.map(({ host }) => host)).toEqual(['h1'])
    expect(found.problems).toMatchObject([{ code: 'NF2002', host: 'h2' }])
  })

  it.each([
    ['is not there', [], /none\.json: cannot be read/],
    ['is not JSON', ['{'], /is not JSON/],
    ['holds something else', [[]], /no facts/],
    ['is of another host than the wanted one', [{ h2: facts }], /no facts of h1, but of: h2/],
    ['lacks a fact', [{ h1: { ...facts, kernel: undefined } }], /h1: kernel: /],
    ['names a host twice', [{ h1: facts }, { h1: facts }], /two facts of h1/],
  ])('is refused when a file %s', async (_, contents, message) => {
    const files = contents.map((content, at) => keep(`bad-${at}.json`, content))
    const asked = look(files.length > 0 ? files : [join(folder, 'none.json')], 'h1')
    await expect(asked).rejects.toThrow(message)
    await expect(asked).rejects.toThrow(/^NF3004/)
  })
})
