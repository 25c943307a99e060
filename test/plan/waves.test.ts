import { array, assert, integer, oneof, property, string, uniqueArray } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { tellWaves, wavesOf } from '../../src/plan/waves.ts'
import { plan, readFacts } from './make.ts'

const host = plan('i40e-upgrade', readFacts())
const policy = (waves: (number | string)[]) => ({ waves, soakSeconds: 600, maxFailures: 1 })
const sizes = (waves: (number | string)[], count: number) =>
  wavesOf(policy(waves), Array.from({ length: count })).map(wave => wave.length)

describe('the waves of a rollout', () => {
  it.each([
    [[1, '10%', '100%'], 100, [1, 10, 89]],
    [[1, '10%', '100%'], 3, [1, 1, 1]],
    [[1, '10%', '100%'], 1, [1]],
    [[5], 12, [5, 5, 2]],
    [['30%'], 10, [3, 3, 3, 1]],
    [['100%'], 7, [7]],
  ])('of %j and %i hosts are %j', (waves, count, expected) => {
    expect(sizes(waves, count)).toEqual(expected)
  })

  it('have each host once and in order, whatever the sizes', () => {
    const size = oneof(
      integer({ min: 1, max: 50 }),
      integer({ min: 1, max: 100 }).map(part => `${part}%`),
    )
    const hosts = uniqueArray(string(), { maxLength: 60 })
    assert(
      property(array(size, { minLength: 1, maxLength: 5 }), hosts, (waves, names) => {
        const found = wavesOf(policy(waves), names)
        expect(found.flat()).toEqual(names)
        expect(found.every(wave => wave.length > 0)).toBe(true)
      }),
    )
  })

  it('are one, of all hosts, where the playbook does not say', () => {
    expect(wavesOf(null, ['h1', 'h2', 'h3'])).toEqual([['h1', 'h2', 'h3']])
  })

  it('are told in the plan, where there are several; hosts without changes are in none', () => {
    const idle = { ...host, changes: [] }
    const hosts = [...Array.from({ length: 20 }, () => host), idle, idle]
    expect(tellWaves(policy([1, '10%', '100%']), hosts)).toBe('waves 1, 2, 17, 600 s between')
    const bold = { ...policy([4]), soakSeconds: 0, maxFailures: 3 }
    expect(tellWaves(bold, hosts)).toBe('waves 4, 4, 4, 4, 4, up to 3 failures')
    expect(tellWaves(policy([1]), hosts)).toBe('waves 20 of 1 host at the most, 600 s between')
    expect(tellWaves(policy([1]), [host, idle])).toBe('')
    expect(tellWaves(null, hosts)).toBe('')
  })
})
