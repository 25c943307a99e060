import { describe, expect, it } from 'vitest'
import type { TxEvent } from '../../src/model/tx.ts'
import { followChanges, measureOutage } from '../../src/run/follow.ts'
import { plan } from './setup.ts'

/** "02 begin" … with numbers of its own. */
function log(...lines: readonly string[]): TxEvent[] {
  return lines.map((line, at) => {
    const [change = '', event = '', ...text] = line.split(' ')
    return { seq: at + 1, uptime: 100 + at, change, event, text: text.join(' ') } as TxEvent
  })
}

const kept = ['03 backed-up', '01 begin', '01 applied', '01 verified', '- note phase ready']
const trial = ['02 begin', '02 applied', '02 verified']
const persist = ['03 begin', '03 applied', '03 verified']
const states = (events: readonly TxEvent[], committed = false) =>
  followChanges(events, plan.changes, committed).changes.map(({ state }) => state)

describe('following the log of a host', () => {
  it('says where each change has got to', () => {
    expect(states(log(...kept, ...trial))).toEqual(['verified', 'verified', 'backedUp'])
    expect(states(log(...kept, ...trial, ...persist), true)).toEqual(['done', 'done', 'done'])
    expect(states([])).toEqual(['planned', 'planned', 'planned'])
  })

  it('keeps what the host said of a failure', () => {
    const events = log(...kept, '02 begin', '02 failed no carrier', '02 undo', '02 undone')
    const { changes, disorder } = followChanges(events, plan.changes, false)
    expect(changes[1]).toMatchObject({ state: 'undone', fault: 'no carrier' })
    expect(disorder).toBeNull()
  })

  it.each([
    ['a file that is begun without its backup', log('03 begin'), false],
    ['an end without a begin', log('02 applied'), false],
    ['a commit of what was not verified', log(...kept, '02 begin'), true],
    ['a missing event', [...log(...kept), { ...log('02 begin')[0]!, seq: 9 }], false],
    [
      'a clock that runs backwards',
      [{ ...log('02 begin')[0]!, uptime: 900 }, { ...log('x', '02 applied')[1]! }],
      false,
    ],
  ])('tells %s', (_name, events, committed) => {
    const { disorder } = followChanges(events, plan.changes, committed)
    expect(disorder).toContain('the host’s log is not in order')
  })
})

it('a log of a host that writes whatever it likes is followed at once', () => {
  const [first] = log('- note x')
  const events = Array.from({ length: 100_000 }, (_, at) => ({ ...first!, seq: at + 1 }))
  const back = events.map((event, at) => ({ ...event, uptime: -at }))
  const booted = { ...first!, seq: back.length + 1, uptime: -1e9, text: 'booted' }
  const from = performance.now()
  expect(followChanges([...back, booted], [], false).disorder).toBeNull()
  expect(performance.now() - from).toBeLessThan(5000)
})

describe('the outage', () => {
  it('is what the trial cost, not what the way back cost', () => {
    const events = log(
      '02 begin',
      '- note link was gone for at most 2.50 s',
      '- note link and addresses were gone for about 1.25 s',
      '02 undo',
      '- note link was gone for at most 9 s',
    )
    expect(measureOutage(events)).toBe(3.75)
    expect(measureOutage(log('02 begin'))).toBeNull()
  })
})
