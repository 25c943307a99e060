import { afterEach, describe, expect, it } from 'vitest'
import { txCommand } from '../../src/host/protocol.ts'
import { token } from '../host/sim/fresh.ts'
import { pause, run } from '../host/sim/ran.ts'
import { Scenario, id } from './scenario.ts'
import { Volume } from './volume.ts'

let volume: Volume | null = null
let scenario: Scenario
afterEach(async () => {
  await (volume ?? scenario).end()
  volume = null
})

async function onVolume(): Promise<Volume> {
  volume = await Volume.start()
  scenario = await Scenario.on(volume.host, { playbook: 'i40e-upgrade' })
  return volume
}

describe('a disk that is full', () => {
  it('is a plain refusal before anything is changed', async () => {
    const disk = await onVolume()
    disk.fill('blocks')
    expect((await scenario.step('staged')).code).not.toBe(0)
    expect(scenario.state).toBe('none')
    disk.free()
    expect([...scenario.host.disk().keys()].filter(path => path.includes('nicfix/lock'))).toEqual(
      [],
    )
  })

  it('of which the module index alone would need more is refused by numbers', async () => {
    const disk = await onVolume()
    disk.fill('blocks', 3000)
    expect(await scenario.step('staged')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /^\/lib\/modules\/\S+ has [23]\d{3} kB left, 4\d{3} kB are needed$/m,
      ),
    })
    expect(scenario.state).toBe('none')
  })

  it('at the deadline keeps nobody from rolling back', async () => {
    const disk = await onVolume()
    await scenario.to('tried')
    disk.fill('inodes')
    disk.fill('blocks')
    scenario.deadline()
    expect(await scenario.ending()).toEqual(['rolled-back'])
  })

  it('after the confirmation ends all new or all old', async () => {
    const disk = await onVolume()
    await scenario.to('tried')
    disk.fill('inodes')
    disk.fill('blocks')
    expect(await scenario.confirm()).toMatchObject({ code: 0 })
    await scenario.host.settled()
    disk.free()
    expect(await scenario.ending()).toEqual([
      scenario.state === 'committed' ? 'committed' : 'rolled-back',
    ])
  })
})

describe('a disk that becomes read-only in the window', () => {
  it('takes no confirmation, gets the old driver back, says so, and is closed at the next boot', async () => {
    const disk = await onVolume()
    await scenario.to('tried')
    disk.fail()
    await pause(100)
    expect(disk.isReadOnly).toBe(true)
    expect(await scenario.confirm()).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('the confirmation cannot be written to the disk'),
    })
    scenario.deadline()
    await scenario.untilJournal('user.emerg')
    expect(scenario.host.kernelState()).toEqual(scenario.before.kernel)
    expect((await scenario.host.status(id)).state).toBe('pending')
    // Somebody has the disk repaired: the next run ends this one before it takes the host.
    await disk.repair()
    const next = await Scenario.on(scenario.host)
    const staged = await scenario.host.stage(next.job, '20260101-0001-bbbb')
    expect(staged).toMatchObject({ code: 0, stderr: '' })
    await scenario.host.tx('20260101-0001-bbbb', 'cancel')
    expect(await scenario.ending()).toEqual(['rolled-back'])
  })
})

const failing = (argv: string[], text: string, calls = 'fsync,fdatasync') =>
  run(['strace', '-f', '-qq', '-o', '/dev/null', '-e', `inject=${calls}:error=EIO`, ...argv], text)

describe('a sync that fails', () => {
  it('under the confirmation never ends in a confirmed change', async () => {
    scenario = await (await Scenario.start()).to('tried')
    const argv = scenario.host.argv(txCommand(id, 'confirm'))
    // A guard that is quicker syncs the confirmation itself, and may then go on.
    await scenario.kill('STOP', 'guard')
    expect(await failing(argv, `${token}\n`)).toMatchObject({ code: 1 })
    await scenario.kill('CONT', 'guard')
    expect(await scenario.ending()).toEqual(['rolled-back'])
  })

  it('under the guard never ends in a committed change', async () => {
    scenario = await (await Scenario.start({ playbook: 'i40e-upgrade' })).to('tried')
    const over = failing(['-p', scenario.tracee('guard')], '')
    await pause(300)
    expect(await scenario.confirm()).toMatchObject({ code: 0 })
    await over
    expect(await scenario.ending()).toEqual(['rolled-back'])
  })

  it.each(['arm', 'fire'] as const)('under `%s` begins nothing', async verb => {
    scenario = await (await Scenario.start()).to(verb === 'arm' ? 'built' : 'ready')
    const ran = await failing(scenario.host.argv(txCommand(id, verb)), '')
    expect(ran.code).toBe(1)
    await scenario.host.tx(id, 'cancel')
    expect(await scenario.ending()).toEqual(['cancelled'])
    expect(scenario.log()).not.toContain('begin')
  })

  it('while a rename fails too is not taken for a confirmation', async () => {
    scenario = await (await Scenario.start()).to('tried')
    const argv = scenario.host.argv(txCommand(id, 'confirm'))
    expect(await failing(argv, `${token}\n`, 'rename,renameat,renameat2')).toMatchObject({
      code: 1,
    })
    expect(scenario.state).toBe('pending')
    scenario.deadline()
    expect(await scenario.ending()).toEqual(['rolled-back'])
  })
})
