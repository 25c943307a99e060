import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'
import { pause } from '../host/sim/ran.ts'
import { Scenario } from './scenario.ts'

let scenario: Scenario
afterEach(() => scenario.end())

describe('a guard that is stopped in the window', () => {
  it('still hears of the confirmation when it goes on', async () => {
    scenario = await (await Scenario.start()).to('tried')
    await scenario.kill('STOP', 'guard')
    expect(await scenario.confirm()).toMatchObject({ code: 0 })
    scenario.deadline()
    await pause(300)
    expect(scenario.state).toBe('confirmed')
    await scenario.kill('CONT', 'guard')
    expect(await scenario.ending()).toEqual(['committed'])
  })

  it('rolls back at once when it goes on after the deadline', async () => {
    scenario = await (await Scenario.start()).to('tried')
    await scenario.kill('STOP', 'guard', 'watch')
    scenario.host.clock.leap(600)
    expect(scenario.state).toBe('pending')
    await scenario.kill('CONT', 'guard')
    await scenario.until('rolled-back')
    await scenario.kill('CONT', 'watch')
    expect(await scenario.ending()).toEqual(['rolled-back'])
    expect(await scenario.confirm()).toMatchObject({ code: 3 })
  })

  it('is ended by the second trigger when it does not go on', async () => {
    scenario = await (await Scenario.start()).to('tried')
    await scenario.kill('STOP', 'guard')
    scenario.host.clock.leap(60 + 15)
    expect(await scenario.ending()).toEqual(['rolled-back'])
    expect(scenario.log()).toContain('the guard is stuck, it is ended')
  })

  it('does not keep a second trigger that is stopped from nothing', async () => {
    scenario = await (await Scenario.start()).to('tried')
    await scenario.kill('STOP', 'watch')
    scenario.deadline()
    await scenario.until('rolled-back')
    await scenario.kill('CONT', 'watch')
    expect(await scenario.ending()).toEqual(['rolled-back'])
  })
})

describe('a guard that is stopped for a quarter of an hour', () => {
  it('in the middle of a rollback is followed by the second trigger', async () => {
    scenario = await (await Scenario.start()).to('tried')
    // It lasts long enough to be met.
    scenario.tool('sync', '/usr/bin/sleep 0.05', '/usr/bin/sync "$@"')
    scenario.deadline()
    await scenario.until('rollback')
    // With all that it has started.
    await scenario.host.run(`kill -STOP -${scenario.pidOf('guard')}`)
    scenario.host.clock.leap(600)
    await pause(500)
    expect(scenario.state).toBe('rollback')
    scenario.host.clock.leap(600)
    expect(await scenario.ending()).toEqual(['rolled-back'])
    expect(scenario.log()).toContain('the guard is stuck, it is ended')
  })

  it('between two files leaves no mixture: what is not whole is taken back', async () => {
    scenario = await (await Scenario.start({ playbook: 'i40e-upgrade' })).to('tried')
    scenario.tool('depmod', 'kill -STOP $PPID', 'sleep 1')
    await scenario.confirm()
    await scenario.untilLog(/ 0\d begin \/lib\/modules/g)
    await scenario.kill('STOP', 'guard')
    scenario.host.clock.leap(1000)
    expect(await scenario.ending()).toEqual(['rolled-back'])
  })
})

describe('a guard that cannot start a process', () => {
  it('is followed by the second trigger', async () => {
    scenario = await (await Scenario.start()).to('tried')
    const inject = 'inject=clone,clone3,fork,vfork:error=EAGAIN'
    const strace = spawn('strace', [
      '-qq',
      '-o',
      '/dev/null',
      '-e',
      inject,
      '-p',
      scenario.tracee('guard'),
    ])
    await once(strace, 'exit')
    expect(await scenario.ending()).toEqual(['rolled-back'])
    expect(scenario.log()).toContain('the guard is dead, another one takes over')
  })
})
