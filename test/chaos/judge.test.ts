import { describe, expect, test } from 'vitest'
import type { TxState } from '../../src/model/tx.ts'
import type { Told } from './controller.ts'
import { draw } from './draw.ts'
import { judge } from './judge.ts'
import type { Seen } from './look.ts'
import { watcher, points } from './points.ts'
import { seeded } from './random.ts'

const run = '20261122-0131-4f2a'
const network = (version: string) => ['eno1 inet 10.0.2.15/24', `eno3 version ${version}`]

const seen = (state: TxState, more: Partial<Seen>): Seen => ({
  boot: 'b2',
  files: ['/etc/network f', '/lib/modules/6.1/modules.dep old'],
  leftovers: [],
  network: network('1.6'),
  loaded: 'aa',
  attempts: [],
  tokens: [`${run}/token/${state}`],
  working: [],
  failed: [],
  told: [],
  blocks: [
    {
      outputs: {},
      status: {
        id: run,
        state,
        phase: 'ended',
        guardAlive: false,
        watchAlive: false,
        deadlineInSeconds: null,
        sameBoot: false,
        playbook: 'p',
        events: [],
      },
    },
  ],
  ...more,
})

const newFiles = ['/etc/network f', '/etc/rc.local new', '/lib/modules/6.1/modules.dep new']
const committed = { files: newFiles, network: network('2.13'), loaded: 'bb' }
const base = { old: seen('staged', {}), new: seen('committed', committed) }
const judged = (told: Told, state: TxState, more: Partial<Seen> = {}) => {
  const { outcome, mixed, false: lies } = judge(base, run, told, seen(state, more), true)
  return { outcome, mixed: mixed.length, lies: lies.length }
}

describe('the oracle of the power cuts', () => {
  test('is content with all old that was rolled back, and with all new that was committed', () => {
    expect(judged('armed', 'rolled-back')).toEqual({ outcome: 'old', mixed: 0, lies: 0 })
    expect(judged('committed', 'committed', committed)).toEqual({
      outcome: 'new',
      mixed: 0,
      lies: 0,
    })
  })

  test('finds a file that is neither old nor new, and what was left lying about', () => {
    const half = { files: ['/etc/network f', '/lib/modules/6.1/modules.dep new'] }
    expect(judged('confirmed', 'rolled-back', half)).toMatchObject({ outcome: 'mixed', mixed: 1 })
    const left = { leftovers: ['/etc/.nicfix-1.old'], working: ['12 sh /var/lib/nicfix/boot'] }
    expect(judged('armed', 'rolled-back', left)).toMatchObject({ outcome: 'old', mixed: 2 })
  })

  test.each<[string, Told, TxState, Partial<Seen>]>([
    ['a confirmation that nothing is on record of', 'confirmed', 'cancelled', {}],
    ['a commit that is gone', 'committed', 'rolled-back', {}],
    ['a rollback that did not happen', 'rolled back', 'committed', committed],
    ['a transaction that is open with nobody at work', 'armed', 'pending', {}],
    ['a state that the files belie', 'confirmed', 'committed', {}],
    [
      'another driver than the state says',
      'armed',
      'rolled-back',
      { loaded: 'bb', network: network('2.13') },
    ],
    [
      'a stock driver after a commit, with nothing that says why',
      'committed',
      'committed',
      { files: newFiles },
    ],
    ['an address that is gone', 'armed', 'rolled-back', { network: ['eno3 version 1.6'] }],
    ['a status that is silent', 'armed', 'rolled-back', { blocks: [] }],
  ])('finds %s', (_, told, state, more) => {
    expect(judged(told, state, more).lies).toBeGreaterThan(0)
  })

  test('takes the stock driver after a commit where the boot hook has said why', () => {
    const told = ['i40e: left alone: the attempt of an earlier boot did not come back']
    const more = { files: newFiles, attempts: ['boot.attempt-i40e'], told }
    expect(judged('committed', 'committed', more)).toEqual({ outcome: 'new', mixed: 0, lies: 0 })
  })
})

function rounds(seed: number) {
  const random = seeded(seed)
  return Array.from({ length: 400 }, () => draw(random))
}

test('the same seed draws the same cuts, in rows of up to five', () => {
  expect(rounds(7)).toEqual(rounds(7))
  expect(rounds(7)).not.toEqual(rounds(8))
  expect(Math.max(...rounds(7).map(({ boots }) => boots.length))).toBe(4)
})

test('the watcher of a boot fits onto the command line of the kernel', () => {
  const texts = points
    .filter(({ during }) => during === 'boot')
    .map(each => watcher(each, run, 'kill', 1))
  const longest = Math.max(...texts.map(text => Buffer.from(text).toString('base64').length))
  expect(longest).toBeLessThan(1600)
})
