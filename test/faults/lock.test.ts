import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { parseOwner } from '../../src/host/protocol.ts'
import { pause } from '../host/sim/ran.ts'
import { Scenario, id } from './scenario.ts'

let scenario: Scenario
afterEach(() => scenario.end())

const next = '20260101-0001-bbbb'
const third = '20260101-0002-cccc'
const home = '/var/lib/nicfix'

describe('a host that a run has', () => {
  it('refuses a second run, names the owner, and keeps nothing of it', async () => {
    scenario = await (await Scenario.start()).to('tried')
    const was = [...scenario.host.disk().keys()]
    const second = await scenario.host.stage(scenario.job, next)
    expect(second.code).toBe(7)
    expect(parseOwner(second.stdout)).toContain(`run ${id} (matrix) by test@here, pending`)
    expect([...scenario.host.disk().keys()]).toEqual(was)
    expect(await scenario.confirm()).toMatchObject({ code: 0 })
    expect(await scenario.ending()).toEqual(['committed'])
  })

  it.each([
    ['is lost', () => rmSync(scenario.path(`${home}/lock`))],
    ['is empty', () => writeFileSync(scenario.path(`${home}/lock`), '')],
    [
      'names nobody',
      () => writeFileSync(scenario.path(`${home}/lock`), '20260101-0000-zzzz 1 x\n'),
    ],
    ['is noise', () => writeFileSync(scenario.path(`${home}/lock`), Buffer.from([0, 255, 10, 47]))],
  ])('keeps it although the lock %s', async (_, damage) => {
    scenario = await (await Scenario.start()).to('tried')
    damage()
    expect(await scenario.host.stage(scenario.job, next)).toMatchObject({ code: 7 })
    scenario.deadline()
    expect(await scenario.ending()).toEqual(['rolled-back'])
  })

  it('goes to exactly one of two runs that come at once', async () => {
    scenario = await Scenario.start()
    const both = await Promise.all(
      [next, third].map(each => scenario.host.stage(scenario.job, each)),
    )
    expect(both.map(({ code }) => code).toSorted((a, b) => a - b)).toEqual([0, 7])
    const winner = both[0]?.code === 0 ? next : third
    expect(readFileSync(scenario.path(`${home}/lock`), 'utf8')).toContain(winner)
    expect(await scenario.host.tx(winner, 'cancel')).toMatchObject({ code: 0 })
  })
})

describe('a run that is just letting go of the host', () => {
  it('never takes away the lock of the next one', async () => {
    scenario = await (await Scenario.start()).to('tried')
    // Its hand is at the lock when the other one comes.
    const isLock = 'case "$*" in */nicfix/lock) [ -e /control/stood ] || wait=yes ;; esac'
    const stand = `: >/control/stood; until [ -e /control/go ]; do /usr/bin/sleep 0.02; done`
    scenario.tool('rm', 'wait=', isLock, `[ -z "$wait" ] || { ${stand}; }`, 'exec /usr/bin/rm "$@"')
    scenario.deadline()
    while (!existsSync(scenario.path('/control/stood'))) await pause(10)
    const second = scenario.host.stage(scenario.job, next)
    // Nobody waits for longer than that for one who is over.
    for (const seconds of [30, 30, 60, 60]) {
      await pause(300)
      scenario.host.clock.leap(seconds)
    }
    const { code } = await Promise.race([second, pause(60_000).then(() => ({ code: null }))])
    await scenario.host.run(': >/control/go')
    await scenario.host.settled()
    await second
    const lock = scenario.path(`${home}/lock`)
    expect(existsSync(lock) && readFileSync(lock, 'utf8').startsWith(next)).toBe(code === 0)
  })
})

/** Somebody else has the process numbers that the dead ones had. */
function recyclePids(): void {
  for (const role of ['guard', 'watch', 'worker']) {
    const path = scenario.path(`${home}/tx/${id}/${role}`)
    const [, , boot] = readFileSync(path, 'utf8').split(' ')
    writeFileSync(path, `1 99999999 ${boot}`)
  }
}

describe('a stale lock', () => {
  it('with the process number of somebody else is taken over, its transaction is ended first', async () => {
    scenario = await (await Scenario.start()).to('tried')
    await scenario.kill('KILL', 'guard', 'watch')
    recyclePids()
    expect(await scenario.host.stage(scenario.job, next)).toMatchObject({ code: 0 })
    expect(scenario.state).toBe('rolled-back')
    // Process 1 is still there: nobody else's process is ended for its number.
    expect(scenario.host.isUp).toBe(true)
    await scenario.host.tx(next, 'cancel')
    expect(await scenario.ending()).toEqual(['rolled-back'])
  })

  it('of an earlier boot is taken over', async () => {
    scenario = await (await Scenario.start()).to('tried')
    await scenario.host.boot()
    const again = await Scenario.on(scenario.host)
    expect(await scenario.host.stage(again.job, next)).toMatchObject({ code: 0 })
    expect(scenario.state).toBe('rolled-back')
    await scenario.host.tx(next, 'cancel')
    expect(await scenario.ending()).toEqual(['rolled-back'])
  })

  it('goes to exactly one of two that find it at once', async () => {
    scenario = await (await Scenario.start()).to('tried')
    await scenario.kill('KILL', 'guard', 'watch')
    const both = await Promise.all(
      [next, third].map(each => scenario.host.stage(scenario.job, each)),
    )
    expect(both.map(({ code }) => code).toSorted((a, b) => a - b)).toEqual([0, 7])
    expect(scenario.state).toBe('rolled-back')
    expect(scenario.log().match(/another one takes over/g)).toHaveLength(1)
    await scenario.host.tx(both[0]?.code === 0 ? next : third, 'cancel')
    expect(await scenario.ending()).toEqual(['rolled-back'])
  })
})
