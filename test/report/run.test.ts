import { describe, expect, it } from 'vitest'
import { renderReport } from '../../src/report/run.ts'
import type { HostReport } from '../../src/report/run.ts'

const run = '20261122-0131-4f2a'
const good: HostReport = {
  host: 'h1',
  run,
  outcome: 'changed',
  exitCode: 0,
  interrupted: false,
  detached: false,
  changes: [{ id: '01', title: 'build m', state: 'done', fault: null }],
  proofs: [{ name: 'initramfs', ok: true, text: 'untouched' }],
  outageSeconds: 2.5,
  seconds: 61.2,
  warnings: [],
}
const many = (count: number) =>
  Array.from({ length: count }, (_, at) => ({
    ...good,
    host: `h${at + 1}`,
    seconds: 61.2 + at,
    outageSeconds: 2.5 + at / 10,
  }))

describe('the report of a run', () => {
  it('tells of a host how it ended and what to type next', () => {
    expect(renderReport(run, [good])).toBe(`h1 · changed, and proven · 1m 01s
  01  build m  done
  proofs
    ok   initramfs  untouched
  link down for 2.5s
  take it back: nicfix rollback 20261122-0131-4f2a --host h1

run 20261122-0131-4f2a`)
  })

  it('tells of many hosts that ended well at once, and of each that did not by itself', () => {
    const bad: HostReport = {
      ...good,
      host: 'h7',
      outcome: 'rolledBack',
      exitCode: 3,
      changes: [{ id: '01', title: 'build m', state: 'undone', fault: 'no link on eno3' }],
      proofs: [],
      outageSeconds: null,
    }
    const warned: HostReport = { ...good, host: 'h8', warnings: ['the clock jumped'] }
    const unchanged = ['h9', 'h10', 'h11'].map(host => ({
      ...good,
      host,
      outcome: 'unchanged',
      seconds: 1.5,
      outageSeconds: null,
    }))
    const reports = [...many(6), bad, warned, ...unchanged]
    expect(renderReport(run, reports, ['h12', 'h13', 'h14'])).toMatchInlineSnapshot(`
      "h1–h6 (6 hosts) · changed, and proven · 1m 01s to 1m 06s
        01  build m  done
        proofs  1 of each host, all ok
        link down for 2.5s to 3.0s
        take one back: nicfix rollback 20261122-0131-4f2a --host h1

      h7 · rolled back; everything is as it was · 1m 01s
        01  build m  undone
            no link on eno3

      h8 · changed, and proven · 1m 01s
        01  build m  done
        proofs
          ok   initramfs  untouched
        link down for 2.5s
        warning: the clock jumped
        take it back: nicfix rollback 20261122-0131-4f2a --host h8

      h9–h11 (3 hosts) · unchanged: everything was as wanted · 1.5s
        proofs  1 of each host, all ok

      h12–h14 · not started
        go on with them: nicfix resume 20261122-0131-4f2a --keep-going

      run 20261122-0131-4f2a"
    `)
  })

  it('tells of two hosts each by itself: their proofs are worth reading', () => {
    expect(renderReport(run, many(2))).toContain('h2 · changed, and proven · 1m 02s\n  01  build m')
  })
})
