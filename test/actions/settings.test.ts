import { describe, expect, test } from 'vitest'
import { judgeSetting } from '../../src/actions/judge.ts'
import { wordsNow } from '../../src/actions/setting.ts'
import type { Nic } from '../../src/model/facts.ts'
import type { Setting, Wanted } from '../../src/model/playbook.ts'
import { loadPlaybook } from '../../src/playbook/load.ts'
import { plan, readFacts, refusals } from '../plan/make.ts'

const facts = readFacts()
const eno1 = facts.nics[0]!

function judged<S extends Setting>(setting: S, wanted: Wanted[S], change: Partial<Nic> = {}) {
  const nic = { ...eno1, ...change }
  const verdict = judgeSetting(setting, nic, wanted, { host: 'h1', step: 'live', accepted: [] })
  if ('code' in verdict) return [verdict.code, verdict.message, ...verdict.details].join(' | ')
  const { want, before, seconds } = verdict
  return { want, before, seconds }
}

describe('offloads', () => {
  test('of the stack cost no link, and go back alone', () => {
    expect(judged('offload', { tso: false, gro: false })).toEqual({
      want: 'tso off gro off',
      before: 'tso on gro on',
      seconds: 0,
    })
  })

  test('that others follow may reset the port, and go back with all that can be set', () => {
    expect(judged('offload', { rx: false, tx: false })).toEqual({
      want: 'rx off tx off',
      before: 'rx on tx on sg on tso on gso on gro on rxvlan on txvlan on rxhash on',
      seconds: 10,
    })
  })

  test('that are fixed, or not there, are refused unless they are as wanted', () => {
    expect(judged('offload', { lro: true })).toMatch(/NF2022.*lro of eno1 is off and cannot/)
    expect(judged('offload', { lro: false })).toMatchObject({ want: 'lro off' })
    expect(judged('offload', { tso: false }, { offloads: {} })).toMatch(/NF2022.*no.*tso/i)
  })
})

describe('rings', () => {
  test('are made as large as they can be, and the one that was not named is left as it is', () => {
    expect(judged('ring', { rx: 'max' })).toEqual({
      want: 'rx 4096 tx 256',
      before: 'rx 256 tx 256',
      seconds: 10,
    })
    expect(judged('ring', { rx: '512', tx: '1024' })).toMatchObject({ want: 'rx 512 tx 1024' })
  })

  test('that are too large, or not told of, are refused', () => {
    expect(judged('ring', { rx: '8192' })).toMatch(/NF2022.*rx 4096 and tx 4096 at most/)
    expect(judged('ring', { rx: 'max' }, { ring: null })).toMatch(/NF2022/)
  })
})

test('energy-efficient Ethernet is refused where there is none', () => {
  expect(judged('eee', { eee: false })).toMatch(/NF2022.*does not tell/)
  expect(judged('eee', { eee: false }, { eee: true })).toMatchObject({
    want: 'eee off',
    before: 'eee on',
  })
})

test('what a port has now is told in the words of what is wanted', () => {
  expect(wordsNow(eno1, 'offload', 'gro off tso off ufo off')).toBe('gro on tso on ufo none')
  expect(wordsNow(eno1, 'ring', 'rx 1 tx 1')).toBe('rx 256 tx 256')
  expect(wordsNow({ ...eno1, pause: null }, 'pause', 'rx off')).toBe('rx none')
})

const playbook = (step: string, keep: string) => `
nicfix: 1
name: p
nics: { match: { name: eno1 } }
steps:
  - { id: live, ${step} }
  - { id: keep, use: nic.persist, with: { ${keep} } }
`

test('several settings are kept by as many lines in one edit', () => {
  const text = `
nicfix: 1
name: p
nics: { match: { name: eno1 } }
steps:
  - { id: a, use: nic.ring, with: { rx: 1024 } }
  - { id: b, use: nic.offload, with: { tso: off } }
  - { id: keep, use: nic.persist, with: { ring: { rx: 1024 }, offload: { tso: off } } }
`
  const writes = plan('p', facts, text).changes.filter(change => change.kind === 'write-file')
  expect(writes).toMatchObject([{ reason: expect.stringContaining('offload and ring of eno1') }])
  expect(writes[0]?.diff.match(/^\+ .*nicfix:(ring|offload)$/gm)).toHaveLength(2)
})

test.each([
  ['use: nic.ring, with: { rx: max }', 'ring: { rx: 512 }', /they differ in: rx/],
  ['use: nic.ring, with: { rx: max }', 'offload: { tso: off }', /put a nic\.offload/],
  ['use: nic.ring, with: {}', 'ring: { rx: max }', /at least one of rx, tx/],
  ['use: nic.ring, with: { rx: many }', 'ring: { rx: many }', /max, or a number/],
])('%s, then %s is refused', (step, keep, why) => {
  const result = loadPlaybook(playbook(step, keep), 'p.yaml', { commandLine: {} })
  expect(JSON.stringify(result)).toMatch(why)
})

test('a .link file has no place for energy-efficient Ethernet', () => {
  const there = {
    ...facts,
    networkStacks: ['systemd-networkd'],
    nics: [{ ...eno1, eee: true }],
  }
  expect(refusals('eee-off', there).join()).toMatch(/NF2030.*cannot set eee\./)
})
