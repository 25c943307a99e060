import { describe, expect, it } from 'vitest'
import { groupHosts, tellDifference } from '../../src/plan/groups.ts'
import { listNames } from '../../src/model/host-names.ts'
import { plan, readFacts } from './make.ts'

const facts = readFacts()
const upgrade = plan('i40e-upgrade', facts)
const named = (...hosts: string[]) => hosts.map(host => ({ ...upgrade, host }))

describe('hosts with the same plan', () => {
  it('are one group, whatever their identity is', () => {
    const other = { ...upgrade.fingerprint, machineId: 'another', bootId: 'another' }
    const hosts = [...named('a', 'b'), { ...upgrade, host: 'c', fingerprint: other }]
    expect(groupHosts(hosts).map(({ names }) => names)).toEqual([['a', 'b', 'c']])
  })

  it('come largest first, and those with nothing to change last', () => {
    const odd = { ...upgrade, host: 'odd', warnings: ['something else'] }
    const idle = { ...upgrade, changes: [] }
    const idles = ['x', 'y', 'z'].map(host => ({ ...idle, host }))
    const groups = groupHosts([...idles, odd, ...named('a', 'b')])
    expect(groups.map(({ names }) => names.join(''))).toEqual(['ab', 'odd', 'xyz'])
  })

  it('are told apart by what differs', () => {
    expect(tellDifference(upgrade, { ...upgrade, about: 'Debian 11' })).toBe('Debian 11')
    const [first, ...rest] = upgrade.changes
    expect(tellDifference(upgrade, { ...upgrade, changes: rest })).toBe(`not: ${first?.title}`)
    expect(tellDifference(upgrade, { ...upgrade, warnings: ['hot'] })).toBe('hot')
  })
})

describe('names', () => {
  it.each([
    [['h1'], 'h1'],
    [['h1', 'h2'], 'h1 h2'],
    [['h1', 'h2', 'h3', 'h5', 'web'], 'h1–h3 h5 web'],
    [['h08', 'h09', 'h10', 'h11'], 'h08–h11'],
    [['h9', 'h10', 'h11'], 'h9–h11'],
    [['h8', 'h09', 'h10'], 'h8 h09 h10'],
    [['10.0.0.1', '10.0.0.2', '10.0.0.3'], '10.0.0.1–10.0.0.3'],
    [['a', 'b', 'c'], 'a b c'],
    [['h3', 'h2', 'h1'], 'h3 h2 h1'],
  ])('%j are listed as %s', (names, list) => {
    expect(listNames(names)).toBe(list)
  })
})
