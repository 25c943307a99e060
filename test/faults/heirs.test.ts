import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { freshDisk } from '../host/sim/fresh.ts'
import { pause } from '../host/sim/ran.ts'
import { Scenario, id, tx } from './scenario.ts'

let scenario: Scenario
afterEach(() => scenario.end())

const times = (text: string) => scenario.log().split(text).length - 1

/** A command on the host that stands still at /control/go, once /control/hold is there. */
const standing =
  '[ ! -e /control/hold ] || { : >/control/stood; until [ -e /control/go ]; do /usr/bin/sleep 0.02; done; }'
/** What is done before a command of the simulated host itself. */
function standBefore(name: string, ...lines: string[]): void {
  const real = `/usr/sbin/real-${name}`
  renameSync(scenario.path(`/usr/sbin/${name}`), scenario.path(real))
  scenario.tool(name, ...lines, `exec ${real} "$@"`)
}
const hold = () => writeFileSync(scenario.path('/control/hold'), '')
const letGo = () => writeFileSync(scenario.path('/control/go'), '')
async function stood(): Promise<void> {
  while (!existsSync(scenario.path('/control/stood'))) await pause(10)
}

/** Has it ended after half a second? */
const hasEnded = (work: Promise<unknown>) =>
  Promise.race([work.then(() => true), pause(500).then(() => false)])

/** As when systemd-run has started the service, and was too slow to say so. */
function startTwice(role: 'guard' | 'undo' | 'recover'): void {
  const again = `case "$*" in *" ${role} "*) /usr/bin/setsid "$@" & ;; esac`
  scenario.tool('setsid', again, 'exec /usr/bin/setsid "$@"')
}

describe('a role that is started twice', () => {
  it('is played by one guard', async () => {
    scenario = await (await Scenario.start()).to('built')
    startTwice('guard')
    await scenario.to('tried')
    expect(await scenario.confirm()).toMatchObject({ code: 0 })
    expect(await scenario.ending()).toEqual(['committed'])
    expect(times('phase trying')).toBe(1)
  })

  it('is played by one who takes a committed change back', async () => {
    scenario = await (await Scenario.start()).to('tried')
    await scenario.confirm()
    await scenario.until('committed')
    await scenario.host.settled()
    startTwice('undo')
    await scenario.host.tx(id, 'rollback')
    expect(await scenario.ending()).toEqual(['rolled-back'])
    expect(times('01 undone')).toBe(1)
  })

  it('is played by one heir of a dead guard', async () => {
    scenario = await (await Scenario.start()).to('tried')
    await scenario.kill('KILL', 'guard', 'watch')
    startTwice('recover')
    await scenario.host.tx(id, 'rollback')
    expect(await scenario.ending()).toEqual(['rolled-back'])
    expect(times('01 undone')).toBe(1)
  })
})

describe('what a dead guard has left at work', () => {
  it('is ended before its heir begins, also what stands still', async () => {
    scenario = await (await Scenario.start({ playbook: 'i40e-upgrade' })).to('ready')
    const once = '[ -e /control/stood ] || { : >/control/stood; kill -STOP $PPID; }'
    scenario.tool('insmod', '. /usr/sbin/fake-kernel.sh', once, 'load insmod "$1"')
    await scenario.host.tx(id, 'fire')
    await stood()
    await scenario.kill('KILL', 'guard')
    expect(await scenario.ending()).toEqual(['rolled-back'])
  })
})

describe('a word to take back', () => {
  it('that comes while the guard is still tidying up waits for it, and keeps its own lock and trigger', async () => {
    scenario = await Scenario.start({}, { systemd: true })
    scenario.tool('sync', `[ $# -gt 0 ] || ${standing}`, 'exec /usr/bin/sync "$@"')
    await scenario.to('tried')
    hold()
    await scenario.confirm()
    await stood()
    const back = scenario.host.tx(id, 'rollback')
    expect(await hasEnded(back)).toBe(false)
    expect(scenario.state).toBe('committed')
    letGo()
    expect(await back).toMatchObject({ code: 0 })
    expect(await scenario.ending()).toEqual(['rolled-back'])
  })

  it('between two files keeps the second one from being written', async () => {
    scenario = await (await Scenario.start({ playbook: 'i40e-upgrade' })).to('tried')
    standBefore('depmod', standing)
    hold()
    await scenario.confirm()
    await stood()
    expect(await scenario.host.tx(id, 'rollback')).toMatchObject({ code: 0 })
    letGo()
    expect(await scenario.ending()).toEqual(['rolled-back'])
    expect(scenario.log()).toContain('note stopped on request')
  })

  it('waits for whoever is arming, who would go on to write files', async () => {
    scenario = await (await Scenario.start()).to('built')
    scenario.tool('cp', standing, 'exec /usr/bin/cp "$@"')
    hold()
    const armed = scenario.step('ready')
    await stood()
    const cancelled = scenario.host.tx(id, 'cancel')
    expect(await hasEnded(cancelled)).toBe(false)
    letGo()
    await Promise.all([armed, cancelled])
    expect(await scenario.ending()).toEqual(['cancelled'])
  })
})

describe('a build', () => {
  it('that is asked for again while it is at work is waited for, and done once', async () => {
    scenario = await (await Scenario.start({ playbook: 'i40e-upgrade' })).to('staged')
    standBefore('make', 'echo made >>/control/made', standing)
    hold()
    const builds = [scenario.host.tx(id, 'build')]
    await stood()
    builds.push(scenario.host.tx(id, 'build'))
    await pause(300)
    letGo()
    expect(await Promise.all(builds)).toMatchObject([{ code: 0 }, { code: 0 }])
    expect(readFileSync(scenario.path('/control/made'), 'utf8')).toBe('made\n')
    await scenario.host.tx(id, 'cancel')
    expect(await scenario.ending()).toEqual(['cancelled'])
  })
})

describe('a guard that was overtaken', () => {
  it('begins nothing, and says so', async () => {
    scenario = await (await Scenario.start()).to('ready')
    // Somebody has removed its lock and its record, and another run came and went.
    writeFileSync(scenario.path('/var/lib/nicfix/fence'), '99 20260101-0001-bbbb\n')
    await scenario.host.tx(id, 'fire')
    expect(await scenario.ending()).toEqual(['failed'])
    expect(scenario.log()).toContain('failed a later run has the host')
    expect(scenario.log()).not.toContain('begin')
  })

  it('that is armed with a damaged record begins nothing', async () => {
    scenario = await (await Scenario.start()).to('built')
    writeFileSync(scenario.path(`${tx}/c/02/content`), 'auto lo\n')
    expect(await scenario.step('ready')).toMatchObject({ code: 1 })
    expect(await scenario.ending()).toEqual(['cancelled'])
    expect(scenario.log()).toContain('note damaged: c/02/content')
    expect(scenario.log()).not.toContain('begin')
  })
})

describe('a state that was damaged', () => {
  it('is none in which a change without files is kept', async () => {
    const disk = freshDisk({ '/etc/motto': 'old\n' })
    scenario = await (await Scenario.start({ playbook: 'own-command' }, { disk })).to('tried')
    await scenario.kill('KILL', 'guard', 'watch')
    renameSync(scenario.path(`${tx}/token/pending`), scenario.path(`${tx}/token/garbage`))
    await scenario.host.tx(id, 'rollback')
    expect(await scenario.ending()).toEqual(['rolled-back'])
  })
})
