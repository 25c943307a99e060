import { expect, test } from 'vitest'
import { judgePause } from '../../src/actions/pause.ts'
import type { Pause } from '../../src/model/facts.ts'
import type { Wanted } from '../../src/model/playbook.ts'
import { readFacts } from '../plan/make.ts'

const nic = readFacts().nics[0]!
const on = { autoneg: true, rx: true, tx: true }
const place = { host: 'h1', step: 'live' }

test.each<[string, Pause | null, Wanted['pause'], string]>([
  ['e1000e', on, { rx: false, tx: false }, 'autoneg off rx off tx off, renegotiated'],
  ['e1000e', on, { autoneg: false, rx: false, tx: true }, 'autoneg off rx off tx on, renegotiated'],
  ['e1000e', on, { autoneg: true, rx: true, tx: true }, 'autoneg on rx on tx on, renegotiated'],
  ['e1000e', on, { autoneg: true, rx: false, tx: false }, 'NF2022'],
  ['igb', on, { rx: false, tx: false }, 'autoneg off rx off tx off, renegotiated'],
  ['i40e', on, { rx: false, tx: false }, 'NF2022'],
  ['i40e', on, { rx: true, tx: false }, 'NF2022'],
  [
    'i40e',
    { autoneg: true, rx: false, tx: false },
    { rx: true, tx: true },
    'autoneg on rx on tx on',
  ],
  ['i40e', on, { autoneg: false, rx: true, tx: true }, 'NF2022'],
  ['tg3', on, { rx: false, tx: false }, 'NF2022'],
  ['e1000e', null, { rx: false, tx: false }, 'NF2022'],
])('%s %j, wanted %j: %s', (driver, pause, wanted, expected) => {
  const verdict = judgePause({ ...nic, driver, pause }, wanted, place)
  const said =
    'code' in verdict ? verdict.code : verdict.want + (verdict.renegotiate ? ', renegotiated' : '')
  expect(said).toBe(expected)
})
