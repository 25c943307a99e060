import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { newI40e, stockI40e } from '../host/sim/driver.ts'
import { pause } from '../host/sim/ran.ts'
import { Scenario, id } from './scenario.ts'

let scenario: Scenario
afterEach(() => scenario.end())

const home = '/var/lib/nicfix'
const inBackground = `sh ${home}/boot in-background`
const loaded = () => scenario.host.kernelState().modules['i40e']
const journal = () => readFileSync(scenario.path('/kernel/journal'), 'utf8')

/** The upgrade is committed, and rc.local has the hook. */
async function committed(): Promise<void> {
  scenario = await (await Scenario.start({ playbook: 'i40e-upgrade' })).to('tried')
  await scenario.confirm()
  await scenario.until('committed')
  await scenario.host.settled()
}

async function boot(): Promise<void> {
  await scenario.host.boot()
  await scenario.host.settled()
}

/** The system has not set its network up before /kernel/run/up is there. */
const startsSlowly = () =>
  scenario.tool(
    'systemctl',
    '[ "$1" = is-system-running ] || exit 3',
    ': >/kernel/run/asked',
    '[ -e /kernel/run/up ] && echo running || echo starting',
  )

/** The hook, which works in the background, has come as far as to wait for the network. */
const waiting = () =>
  vi.waitUntil(() => existsSync(scenario.path('/kernel/run/asked')), { timeout: 60_000 })

describe('the boot hook', () => {
  it('leaves another kernel alone', async () => {
    await committed()
    scenario.tool('uname', '[ "$1" = -r ] && echo 6.1.0-51-amd64')
    await boot()
    expect(journal()).toContain('made for kernel 6.1.0-50-amd64, running is 6.1.0-51-amd64')
    expect(existsSync(scenario.path(`${home}/boot.attempt-i40e`))).toBe(false)
    expect(loaded()).not.toBe(newI40e.buildId)
  })

  it.each([
    ['another module', 'not the module\n'],
    ['no module', ''],
  ])('leaves %s in the place of the installed one alone', async (_, text) => {
    await committed()
    const [change] = scenario.job.plan.changes.filter(each => each.kind === 'write-file')
    writeFileSync(scenario.path(change?.kind === 'write-file' ? change.path : ''), text)
    await boot()
    expect(journal()).toContain('is not the file that was installed')
    expect(loaded()).toBe(stockI40e.buildId)
  })

  it('waits until the system has set its network up, and brings back what came meanwhile', async () => {
    await committed()
    startsSlowly()
    await scenario.host.boot()
    await waiting()
    await pause(1500)
    expect(loaded()).toBe(stockI40e.buildId)
    await scenario.host.run('ip addr add 192.0.2.7/24 dev eno3; : >/kernel/run/up')
    await scenario.host.settled()
    expect(loaded()).toBe(newI40e.buildId)
    expect((await scenario.host.run('ip -o addr show dev eno3')).stdout).toContain('192.0.2.7/24')
  })

  it('does its work once when it is started twice at once, and again when it is done', async () => {
    await committed()
    await scenario.host.boot()
    await Promise.all([scenario.host.run(inBackground), scenario.host.run(`${home}/boot`)])
    await scenario.host.settled()
    expect(loaded()).toBe(newI40e.buildId)
    expect(journal().match(/version 2.13.10 is loaded/g)).toHaveLength(1)
    await scenario.host.run(inBackground)
    expect(journal()).toContain('already loaded')
    expect(await scenario.ending()).toEqual(['committed'])
  })

  it('is done by nobody else while one of them still waits for the network', async () => {
    await committed()
    startsSlowly()
    await scenario.host.boot()
    await waiting()
    const second = scenario.host.run(inBackground).then(() => 'done')
    expect(await Promise.race([second, pause(60_000)])).toBe('done')
    await scenario.host.run(': >/kernel/run/up')
    await scenario.host.settled()
    expect(journal().match(/version 2.13.10 is loaded/g)).toHaveLength(1)
    expect(await scenario.ending()).toEqual(['committed'])
  })

  it('keeps out of the way of a run that has the host', async () => {
    await committed()
    await scenario.host.boot()
    await scenario.host.settled()
    const next = '20260101-0001-bbbb'
    const again = await Scenario.on(scenario.host, { playbook: 'e1000e-flow-control-off' })
    expect(await scenario.host.stage(again.job, next)).toMatchObject({ code: 0 })
    for (const verb of ['build', 'arm', 'fire'] as const) await scenario.host.tx(next, verb)
    await scenario.host.until(next, 'tried')
    await scenario.host.run(
      'modprobe -r i40e; insmod /lib/modules/*/kernel/drivers/net/ethernet/intel/i40e/i40e.ko',
    )
    await scenario.host.run(inBackground)
    expect(journal()).toContain(`run ${next} has the host`)
    expect(loaded()).toBe(stockI40e.buildId)
    await scenario.host.tx(next, 'cancel')
  })

  it('leaves a run that is at work to its guard', async () => {
    scenario = await (await Scenario.start()).to('tried')
    // As an older run has left it.
    await scenario.host.run(
      `cp ${home}/tx/${id}/nicfix.sh ${home}/boot && ${inBackground}; rm ${home}/boot`,
    )
    expect(scenario.state).toBe('pending')
    expect(await scenario.confirm()).toMatchObject({ code: 0 })
    expect(await scenario.ending()).toEqual(['committed'])
  })

  it('does nothing, and no damage, while the disk is read-only', async () => {
    await committed()
    await scenario.host.boot()
    await scenario.host.settled()
    await scenario.host.run(
      'modprobe -r i40e; insmod /lib/modules/*/kernel/drivers/net/ethernet/intel/i40e/i40e.ko',
    )
    const before = scenario.host.disk()
    const readOnly = `mount --bind ${home} ${home} && mount -o remount,bind,ro ${home}`
    expect(await scenario.host.run(`${readOnly} && ${home}/boot`)).toMatchObject({ code: 0 })
    await scenario.host.settled()
    expect(journal()).toContain('cannot be written')
    expect(loaded()).toBe(stockI40e.buildId)
    expect(scenario.host.disk()).toEqual(before)
  })

  it('gives up after an attempt that did not come back, and after one that failed', async () => {
    await committed()
    // The swap takes the host down: a panic, once.
    scenario.host.fault('panic', '2.*')
    await expect(boot()).resolves.toBeUndefined()
    scenario.host.mend()
    await boot()
    expect(journal()).toContain('did not come back')
    expect(loaded()).toBe(stockI40e.buildId)
    // A person has looked at it: once more, and it fails in order.
    await scenario.host.run(`rm ${home}/boot.attempt-i40e`)
    scenario.host.fault('no-netdev', '2.*')
    await boot()
    expect(journal()).toContain('failed, going back')
    expect(loaded()).toBe(stockI40e.buildId)
    scenario.host.mend()
    await boot()
    expect(loaded()).toBe(stockI40e.buildId)
  })

  it('is kept from its work by a word on the kernel command line', async () => {
    await committed()
    await scenario.host.boot()
    await scenario.host.settled()
    await scenario.host.run(
      'modprobe -r i40e; insmod /lib/modules/*/kernel/drivers/net/ethernet/intel/i40e/i40e.ko',
    )
    writeFileSync(scenario.path('/control/cmdline'), 'quiet nicfix=off\n')
    await scenario.host.run(`mount --bind /control/cmdline /proc/cmdline && ${home}/boot`)
    await scenario.host.settled()
    expect(loaded()).toBe(stockI40e.buildId)
  })
})
