import { afterEach, describe, expect, it } from 'vitest'
import { pause } from '../host/sim/ran.ts'
import { Scenario, id, tx } from './scenario.ts'

let scenario: Scenario
afterEach(() => scenario.end())

/** A session on a terminal arms and fires, and then sits there. */
async function inSession(): Promise<void> {
  await scenario.to('built')
  const pts = 'mkdir /dev/pts && mount -t devpts -o newinstance,ptmxmode=0666 pts /dev/pts'
  await scenario.host.run(`${pts} && ln -s pts/ptmx /dev/ptmx`)
  const text = `sh ${tx}/nicfix.sh tx arm ${id} && sh ${tx}/nicfix.sh tx fire ${id}; sleep 10000`
  void scenario.host.run(`setsid script -qec '${text}' /dev/null`)
  await scenario.until('tried')
}

describe.each([
  ['setsid', { systemd: false }],
  ['a service of systemd', { systemd: true }],
] as const)('a session whose guard runs by %s', (_, start) => {
  it('may lose its terminal and everything in it', async () => {
    scenario = await Scenario.start({}, start)
    await inSession()
    // The terminal is closed: a hangup for the session, and an end for whoever is left in it.
    await scenario.host.run('pkill -KILL -x script')
    await pause(100)
    expect((await scenario.host.run('pgrep -f "[s]leep 1000"')).stdout).toBe('')
    expect((await scenario.host.status(id)).guardAlive).toBe(true)
    scenario.deadline()
    expect(await scenario.ending()).toEqual(['rolled-back'])
    expect(scenario.log()).toContain('nobody confirmed')
  })

  it('may hear every polite signal and go on to be confirmed', async () => {
    scenario = await Scenario.start({}, start)
    await inSession()
    for (const signal of ['HUP', 'INT', 'TERM', 'PIPE'])
      await scenario.kill(signal, 'guard', 'watch')
    expect(await scenario.confirm()).toMatchObject({ code: 0 })
    await scenario.until('committed')
    await scenario.host.run('pkill -KILL -x script')
    expect(await scenario.ending()).toEqual(['committed'])
  })
})

describe('where systemd is there and cannot start a service', () => {
  it.each(['systemd-run-fails', 'systemd-run-hangs'] as const)(
    '%s: a session does',
    async fault => {
      scenario = await (await Scenario.start({}, { systemd: true })).to('built')
      scenario.host.fault(fault)
      await scenario.to('tried')
      expect(await scenario.confirm()).toMatchObject({ code: 0 })
      expect(await scenario.ending()).toEqual(['committed'])
    },
  )
})
