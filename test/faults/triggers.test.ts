import { afterEach, describe, expect, it } from 'vitest'
import { Scenario, id } from './scenario.ts'

let scenario: Scenario
afterEach(() => scenario.end())

describe('the guard', () => {
  it('that never gets ready ends in a cancelled transaction, and nothing was changed', async () => {
    scenario = await (await Scenario.start()).to('built')
    // It is killed right when it is started.
    scenario.tool(
      'setsid',
      'case "$*" in *" guard "*) exit 137 ;; esac',
      'exec /usr/bin/setsid "$@"',
    )
    const armed = await scenario.step('ready')
    expect(armed).toMatchObject({ code: 1, stderr: expect.stringContaining('did not get ready') })
    expect(await scenario.ending()).toEqual(['cancelled'])
    expect(scenario.log()).not.toContain('begin')
  })

  it('that is killed before the word to begin is not fired, and leaves nothing to take back', async () => {
    scenario = await (await Scenario.start()).to('ready')
    await scenario.kill('KILL', 'guard')
    expect(await scenario.step('tried')).toMatchObject({ code: 1 })
    expect(await scenario.ending()).toEqual(['rolled-back'])
    expect(scenario.log()).not.toContain('begin')
  })

  it('that is killed in the middle of the trial is followed by the second trigger', async () => {
    scenario = await (await Scenario.start({ playbook: 'i40e-upgrade' })).to('ready')
    scenario.tool('insmod', '. /usr/sbin/fake-kernel.sh', '/usr/bin/sleep 0.3', 'load insmod "$1"')
    await scenario.host.tx(id, 'fire')
    await scenario.until('trying')
    await scenario.kill('KILL', 'guard')
    expect(await scenario.ending()).toEqual(['rolled-back'])
    expect(scenario.log()).toContain('another one takes over')
  })

  it('that is killed in the window is followed by the second trigger', async () => {
    scenario = await (await Scenario.start()).to('tried')
    await scenario.kill('KILL', 'guard')
    expect(await scenario.ending()).toEqual(['rolled-back'])
    expect(scenario.log()).toContain('another one takes over')
  })

  it('rolls back alone when only the second trigger is killed', async () => {
    scenario = await (await Scenario.start()).to('tried')
    await scenario.kill('KILL', 'watch')
    expect((await scenario.host.status(id)).watchAlive).toBe(false)
    scenario.deadline()
    expect(await scenario.ending()).toEqual(['rolled-back'])
    expect(scenario.log()).toContain('nobody confirmed within 60 s')
  })

  it('is not fired without the second trigger', async () => {
    scenario = await (await Scenario.start()).to('ready')
    await scenario.kill('KILL', 'watch')
    expect(await scenario.step('tried')).toMatchObject({ code: 1 })
    await scenario.host.tx(id, 'cancel')
    expect(await scenario.ending()).toEqual(['cancelled'])
  })
})

async function bothDead() {
  await scenario.to('tried')
  await scenario.kill('KILL', 'guard', 'watch')
  const { state, guardAlive, watchAlive } = await scenario.host.status(id)
  expect({ state, guardAlive, watchAlive }).toEqual({
    state: 'pending',
    guardAlive: false,
    watchAlive: false,
  })
}

describe('when both triggers are dead', () => {
  it('the host says so, takes no confirmation, and rolls back at a word', async () => {
    scenario = await Scenario.start()
    await bothDead()
    expect(await scenario.confirm()).toMatchObject({
      code: 8,
      stderr: expect.stringContaining('the guard is dead'),
    })
    expect(await scenario.host.tx(id, 'rollback')).toMatchObject({ code: 0 })
    expect(await scenario.ending()).toEqual(['rolled-back'])
  })

  it('the next boot ends the transaction, before the network is up', async () => {
    scenario = await Scenario.start({}, { systemd: true })
    await bothDead()
    await scenario.host.boot()
    expect(await scenario.ending()).toEqual(['rolled-back'])
    expect(scenario.log()).toContain('the host was booted before the transaction had ended')
  })

  it('the next run brings it to its end before it takes the host', async () => {
    scenario = await Scenario.start()
    await bothDead()
    const next = '20260101-0001-bbbb'
    expect(await scenario.host.stage(scenario.job, next)).toMatchObject({ code: 0 })
    expect(scenario.state).toBe('rolled-back')
    expect(await scenario.host.tx(next, 'cancel')).toMatchObject({ code: 0 })
    expect(await scenario.ending()).toEqual(['rolled-back'])
  })
})
