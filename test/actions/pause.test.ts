import { expect, test } from 'vitest'
import { judgePause } from '../../src/actions/pause.ts'
import type { Pause } from '../../src/model/facts.ts'
import type { Wanted } from '../../src/model/playbook.ts'
import { plan, readFacts, refusals, withNic } from '../plan/make.ts'

const nic = readFacts().nics[0]!
const on = { autoneg: true, rx: true, tx: true }
const place = { host: 'h1', step: 'live', accepted: [] }

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

test('flow control goes off on i40e where the playbook takes that upon itself, and the plan says what', () => {
  const own = `nicfix: 1
name: own
nics: { match: { driver: i40e } }
accept-risk: [i40e-pause-off]
steps:
  - { id: live, use: nic.pause, with: { rx: off, tx: off } }
`
  const facts = withNic(readFacts(), 'eno3', { pause: on })
  const { changes, warnings } = plan('own', facts, own)
  expect(changes).toMatchObject([{ want: 'autoneg on rx off tx off', renegotiate: false }])
  expect(warnings.join()).toMatch(/eno3: Intel's README.*may hang/)
  expect(refusals('own', facts, own.replace('[i40e-pause-off]', '[]')).join()).toContain('NF2022')
})
