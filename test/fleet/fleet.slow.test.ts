import { afterEach, describe, expect, it } from 'vitest'
import { Fleet } from './fleet.ts'

let fleet: Fleet
afterEach(() => fleet.end())

const escape = '\u001B'

describe('nicfix apply for a fleet', () => {
  it('changes 40 hosts, at most 15 at a time, and tells of them together', async () => {
    fleet = await Fleet.start(40, { trialMs: 1000 })
    const ran = await fleet.nicfix('apply', fleet.playbook(), '--host', 'all', '--yes', '-j', '15')
    expect(ran.stderr).not.toContain(escape)
    expect(ran.stdout).toMatch(/^h1–h40 \(40 hosts\) · changed, and proven · /)
    expect(ran.stdout.split('\n').length).toBeLessThan(12)
    expect(ran.stderr.match(/✔ releasing/g)).toHaveLength(40)
    expect(ran.code).toBe(0)
    expect((await fleet.seen()).most).toBe(15)
  })

  it('stops at a host that does not end well, and goes on with the others when it is told to', async () => {
    fleet = await Fleet.start(12, { trialMs: 200, faults: { h5: { trialFails: true } } })
    const words = ['--host', 'all', '--yes', '--json', '-j', '2']
    const ran = await fleet.nicfix('apply', fleet.playbook(), ...words)
    expect(ran.code).toBe(3)
    const events = ran.stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as { type: string; host: string | null; run: string })
    const skipped = events.flatMap(({ type, host }) => (type === 'host.skipped' ? [host] : []))
    expect(skipped.length).toBeGreaterThan(4)
    expect(ran.stderr).toMatch(/^h\d+–h12 · not started\n {2}go on with them: nicfix resume/m)
    const run = events.at(-1)?.run ?? ''
    const again = await fleet.nicfix('resume', run, '--keep-going')
    expect(again.stdout).toMatch(/ · changed, and proven · /)
    expect(again.code).toBe(0)
    const watched = await fleet.nicfix('status', '--host', 'all', '--watch', '--json')
    expect(
      watched.stdout
        .trim()
        .split('\n')
        .map(line => (JSON.parse(line) as { host: string }).host),
    ).toHaveLength(12)
    const left = await fleet.nicfix('rollback', run, '--yes', '--host', 'h1,h12')
    expect(left.stdout).toMatch(/^h12 · rolled back; everything is as it was/m)
    expect(left.code).toBe(0)
  })
})
