import { describe, expect, it } from 'vitest'
import { makeLines } from '../../src/report/progress.ts'
import { makeTerminal } from './screen.ts'

function setUp(hosts: readonly string[]) {
  const time = { ms: 0 }
  const written: string[] = []
  const write = (text: string) => void written.push(text)
  const lines = makeLines({ hosts, write, isTerminal: false, nowMs: () => time.ms })
  return { lines, time, text: () => written.join('').split('\n').slice(0, -1) }
}

describe('progress in a log', () => {
  it('has no escape bytes, and says when the guard rolls back', () => {
    const { lines, time, text } = setUp(['h1'])
    const progress = lines.of('h1')
    progress.onState('trying', null)
    time.ms = 9000
    progress.away(9000, 171)
    progress.away(9100, 170)
    progress.note('make')
    progress.ask('to keep it: nicfix confirm RUN')
    time.ms = 12_300
    progress.onState('trying', { verdict: 'done' })
    expect(text()).toEqual([
      '  h1  off the network, expected · 9s · guard rolls back in 171s',
      '  h1  → to keep it: nicfix confirm RUN',
      '  h1  ✔ trying                 12.3s',
    ])
    expect(text().join('')).not.toContain('\u001B')
  })

  it('is a line for each end of a state of each host, and for hosts that were not started', () => {
    const { lines, time, text } = setUp(['h1', 'h2', 'h3'])
    const [one, two] = ['h1', 'h2'].map(lines.of)
    one?.onState('staging', null)
    two?.onState('staging', null)
    time.ms = 1500
    two?.onState('staging', { verdict: 'failed', cause: { message: 'no space left' } })
    time.ms = 2000
    one?.onState('staging', { verdict: 'done' })
    lines.ended('h2', 'failed')
    lines.ended('h3', 'skipped', 'stopped by ^C')
    expect(text()).toEqual([
      '  h2  ✘ staging                 1.5s  failed  no space left',
      '  h1  ✔ staging                 2.0s',
      '  h3  not started: stopped by ^C',
    ])
  })

  it('shows every half minute that a long build goes on, so that nobody takes it for dead', () => {
    const { lines, time, text } = setUp(['h1'])
    lines.of('h1').onState('building', null)
    for (time.ms = 0; time.ms <= 70_000; time.ms += 200) lines.tick()
    expect(text()).toEqual(['  … building · 30s', '  … building · 1m 00s'])
    const many = setUp(['h1', 'h2', 'h3'])
    many.lines.of('h1').onState('building', null)
    many.lines.ended('h2', 'unchanged')
    many.time.ms = 30_000
    many.lines.tick()
    expect(many.text()).toEqual(['  … 1/3 · 1 running · 1 waiting · 1 as wanted'])
  })
})

describe('progress of one host on a terminal', () => {
  it('is a line a state, and the one at work is written over', async () => {
    const { write, shown } = makeTerminal(100, 24)
    const lines = makeLines({ hosts: ['h1'], write, isTerminal: true, nowMs: () => 0 })
    const progress = lines.of('h1')
    for (const state of ['connecting', 'staging']) {
      progress.onState(state, null)
      progress.note('something')
      progress.onState(state, { verdict: 'done' })
    }
    progress.onState('building', null)
    lines.close()
    expect(await shown()).toEqual([
      '  h1  ✔ connecting              0.0s',
      '  h1  ✔ staging                 0.0s',
    ])
  })
})
