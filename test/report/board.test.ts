import { describe, expect, it } from 'vitest'
import { makeBoard } from '../../src/report/board.ts'
import { makeTerminal } from './screen.ts'

const named = (count: number) => Array.from({ length: count }, (_, at) => `h${at + 1}`)
const message = 'no link on eno3'

function setUp(count: number, { columns = 100, rows = 24, atOnce = 20 } = {}) {
  const terminal = makeTerminal(columns, rows)
  const hosts = named(count)
  const time = { ms: 0 }
  const { write, size, shown } = terminal
  const board = makeBoard({ hosts, atOnce, write, size, nowMs: () => time.ms })
  const enter = (host: string, state: string) => board.of(host).onState(state, null)
  return { board, hosts, time, shown, enter }
}

describe('many hosts on a terminal', () => {
  it('are a bar with how many are how far, and those that take longest', async () => {
    const { board, hosts, time, shown, enter } = setUp(100)
    for (const host of hosts.slice(0, 20)) enter(host, 'building')
    time.ms = 60_000
    for (const host of hosts.slice(0, 3)) board.ended(host, 'changed')
    enter('h4', 'reconnecting')
    board.of('h4').away(2000, 96)
    enter('h5', 'waitingForHost')
    board.of('h6').note('make: 12 of 40 files')
    time.ms = 192_000
    board.tick()
    expect(await shown()).toMatchInlineSnapshot(`
      [
        "  ░░░░░░░░░░░░░░░░░░░░  3/100 · 17 running · 80 waiting · 3 changed · 3m 12s",
        "    h4     2m 12s  reconnecting · off the network, expected · guard rolls back in 96s",
        "    h6     3m 12s  building · make: 12 of 40 files",
        "    h7     3m 12s  building",
        "    h8     3m 12s  building",
        "    h9     3m 12s  building",
        "    h10    3m 12s  building",
        "    h11    3m 12s  building",
        "    h12    3m 12s  building",
        "    h13    3m 12s  building",
      ]
    `)
  })

  it('take as many lines at the end as at the beginning, whatever went wrong stays above', async () => {
    const { board, hosts, time, shown, enter } = setUp(100, { rows: 16 })
    const heights: number[] = []
    let above = 0
    for (const [at, host] of hosts.entries()) {
      time.ms += 1000
      enter(host, 'trying')
      board.tick()
      if (at % 10 === 3) {
        board.of(host).onState('trying', { verdict: 'undone', cause: { message } })
        board.ended(host, 'rolledBack')
        above += 2
      } else board.ended(host, 'changed')
      heights.push((await shown()).length - above)
    }
    expect(new Set(heights)).toEqual(new Set([10]))
    const lines = await shown()
    expect(lines.slice(0, 4)).toEqual([
      `  h4  ✘ trying                  0.0s  undone  ${message}`,
      '  h4  rolled back; everything is as it was',
      `  h14  ✘ trying                  0.0s  undone  ${message}`,
      '  h14  rolled back; everything is as it was',
    ])
    expect(lines[20]).toBe('  ████████████████████  100/100 · 90 changed · 10 rolled back · 1m 40s')
  })

  it('fit a terminal that is narrow and low', async () => {
    const { board, hosts, shown, enter } = setUp(30, { columns: 60, rows: 6 })
    for (const host of hosts) enter(host, 'building')
    for (const host of hosts) board.of(host).note('x'.repeat(200))
    board.tick()
    board.tick()
    const lines = await shown()
    expect(lines).toHaveLength(4)
    expect(lines.every(line => line.length < 60)).toBe(true)
  })

  it('leave nothing of the block behind, but what somebody has to do', async () => {
    const { board, shown, enter } = setUp(3)
    enter('h1', 'permitting')
    board.of('h1').ask('to keep it: nicfix confirm RUN')
    board.say('stopping in order')
    board.ended('h2', 'skipped', 'stopped by ^C')
    board.close()
    expect(await shown()).toEqual(['  h1  → to keep it: nicfix confirm RUN', 'stopping in order'])
  })

  it('cannot be disturbed by what a host says', async () => {
    const { board, shown, enter } = setUp(2)
    enter('h1', 'building')
    board.of('h1').note('\u001B[2J\u001B[10A gone\n\n')
    board.tick()
    const lines = await shown()
    expect(lines).toHaveLength(3)
    expect(lines[1]).toContain(String.raw`\x1b[2J\x1b[10A gone`)
  })

  it('are written again only when something has changed', () => {
    const written: string[] = []
    const write = (text: string) => void written.push(text)
    const { size } = makeTerminal(80, 24)
    const board = makeBoard({ hosts: named(5), atOnce: 5, write, size, nowMs: () => 0 })
    board.tick()
    board.tick()
    board.tick()
    expect(written).toHaveLength(1)
  })
})
