import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { txCommand } from '../../src/host/protocol.ts'
import { token } from '../host/sim/fresh.ts'
import { Scenario, id, tx } from './scenario.ts'

let scenario: Scenario
afterEach(() => scenario.end())

/** A connection is one process of this name; what it runs are its children. */
const overSsh = (text: string) => scenario.host.run(`sshd '${text}'; exit`)
const confirmWith = (text: string) => scenario.host.run(txCommand(id, 'confirm'), text)

describe('a confirmation', () => {
  it('counts once, however often it comes', async () => {
    scenario = await (await Scenario.start()).to('tried')
    const both = await Promise.all([scenario.confirm(), scenario.confirm(), scenario.confirm()])
    expect(both.map(({ code }) => code)).toEqual([0, 0, 0])
    await scenario.until('committed')
    expect(await scenario.confirm()).toMatchObject({ code: 0 })
    expect(await scenario.ending()).toEqual(['committed'])
    expect(await scenario.confirm()).toMatchObject({ code: 0 })
    expect(await scenario.ending()).toEqual(['committed'])
  })

  it.each([
    ['before its work is tried once more', 'kill -9 $$'],
    ['after its work is not taken for failed', '/usr/bin/mv "$@"; kill -9 $$'],
  ])('whose rename is killed %s', async (_, death) => {
    scenario = await (await Scenario.start()).to('tried')
    const once = `*/token/confirmed) [ -e /control/killed ] || { : >/control/killed; ${death}; }`
    scenario.tool('mv', `case "$*" in ${once} ;; esac`, 'exec /usr/bin/mv "$@"')
    expect(await scenario.confirm()).toMatchObject({ code: 0 })
    expect(existsSync(scenario.path('/control/killed'))).toBe(true)
    expect(await scenario.ending()).toEqual(['committed'])
  })

  it('with any other words than the token is refused, and the host rolls back', async () => {
    scenario = await (await Scenario.start()).to('tried')
    const ofAnotherRun = '0123456789abcdef'
    const others = ['f'.repeat(32), ofAnotherRun, '', '\n', `${token} ${token}\n`, '*\n']
    for (const text of others)
      expect({ text, ...(await confirmWith(text)) }).toMatchObject({ text, code: 8 })
    scenario.deadline()
    expect(await scenario.ending()).toEqual(['rolled-back'])
  })

  it('without a token is refused where the record has lost its own', async () => {
    scenario = await (await Scenario.start()).to('tried')
    writeFileSync(scenario.path(`${tx}/m/token`), '')
    expect(await confirmWith('\n')).toMatchObject({ code: 8 })
    rmSync(scenario.path(`${tx}/m/token`))
    expect(await confirmWith('\n')).toMatchObject({ code: 8 })
    scenario.deadline()
    // A rollback that cannot trust its record says so, whatever it could do.
    expect(await scenario.ending()).toEqual(['failed'])
    expect(scenario.manual()).toContain('damaged: m/token')
    expect(scenario.host.kernelState()).toEqual(scenario.before.kernel)
  })

  it('that comes before the trial has ended is refused', async () => {
    scenario = await (await Scenario.start()).to('ready')
    expect(await scenario.confirm()).toMatchObject({ code: 8 })
    await scenario.host.tx(id, 'cancel')
    expect(await scenario.ending()).toEqual(['cancelled'])
    expect(await scenario.confirm()).toMatchObject({ code: 3 })
  })

  it('that comes too late changes nothing, and is told what became of the host', async () => {
    scenario = await (await Scenario.start()).to('tried')
    scenario.deadline()
    await scenario.until('rolled-back')
    const late = await scenario.confirm()
    expect(late).toMatchObject({ code: 3, stderr: 'too late: the host is rolled-back\n' })
    expect(late.stdout).toContain('state rolled-back')
    expect(await scenario.ending()).toEqual(['rolled-back'])
  })

  it('of an earlier boot is refused', async () => {
    scenario = await (await Scenario.start()).to('tried')
    await scenario.host.boot()
    expect(await scenario.confirm()).toMatchObject({
      code: 8,
      stderr: 'the host has booted since\n',
    })
    expect(await scenario.host.tx(id, 'rollback')).toMatchObject({ code: 0 })
    expect(await scenario.ending()).toEqual(['rolled-back'])
  })
})

describe('over ssh', () => {
  const fire = `${txCommand(id, 'fire')} >/dev/null`
  const waitTried = `until [ "$(cat ${tx}/phase)" = tried ]; do sleep 0.1; done`
  const confirm = `echo ${token} | ${txCommand(id, 'confirm')}`

  it.each(['sshd', 'sshd-session'])(
    'a confirmation needs a newer %s than the trial',
    async name => {
      scenario = await (await Scenario.start({ over: 'ssh' })).to('ready')
      scenario.tool(name, 'sh -c "$1"', 'exit')
      scenario.tool(
        'sshd',
        ...(name === 'sshd' ? ['sh -c "$1"', 'exit'] : [`${name} "$1"`, 'exit']),
      )
      const old = await overSsh(`${fire}; ${waitTried}; ${confirm}`)
      expect(old).toMatchObject({ code: 8, stderr: expect.stringContaining('a new one is needed') })
      expect(await overSsh(confirm)).toMatchObject({ code: 0 })
      expect(await scenario.ending()).toEqual(['committed'])
    },
  )

  it('the old connection alone never confirms', async () => {
    scenario = await (await Scenario.start({ over: 'ssh' })).to('ready')
    scenario.tool('sshd', 'sh -c "$1"', 'exit')
    expect(await overSsh(`${fire}; ${waitTried}; ${confirm}; ${confirm}`)).toMatchObject({
      code: 8,
    })
    scenario.deadline()
    expect(await scenario.ending()).toEqual(['rolled-back'])
  })
})
