import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { freshDisk } from '../host/sim/fresh.ts'
import { Scenario, id } from './scenario.ts'

let scenario: Scenario
afterEach(() => scenario.end())

const playbook = 'own-command'
const on = (motto: string) => ({ disk: freshDisk({ '/etc/motto': motto }) })
const motto = () => readFileSync(scenario.path('/etc/motto'), 'utf8')
const wanted = "it's $HOME\n"

describe('a command that a playbook brings along', () => {
  it('is run word by word, stays when it is confirmed, and is taken back on request', async () => {
    scenario = await Scenario.start({ playbook }, on('old\n'))
    await scenario.to('tried')
    expect(motto()).toBe(wanted)
    await scenario.confirm()
    await scenario.until('committed')
    await scenario.host.settled()
    await scenario.host.tx(id, 'rollback')
    expect(await scenario.ending()).toEqual(['rolled-back'])
    expect(motto()).toBe('old\n')
  })

  it('is taken back when nobody confirms it', async () => {
    scenario = await Scenario.start({ playbook }, on('old\n'))
    await scenario.to('tried')
    scenario.deadline()
    expect(await scenario.ending()).toEqual(['rolled-back'])
  })

  it('is taken back by the boot after a power cut', async () => {
    scenario = await Scenario.start({ playbook }, { ...on('old\n'), systemd: true })
    await scenario.to('tried')
    await scenario.host.powerCut()
    expect(motto()).toBe(wanted)
    await scenario.host.boot()
    expect(await scenario.ending()).toEqual(['rolled-back'])
  })

  it('is neither run nor taken back where all is as wanted', async () => {
    scenario = await Scenario.start({ playbook }, on(wanted))
    await scenario.to('tried')
    scenario.deadline()
    expect(await scenario.ending()).toEqual(['rolled-back'])
    expect(motto()).toBe(wanted)
  })

  it('is not run when its check cannot tell', async () => {
    scenario = await Scenario.start({ playbook })
    await scenario.to('ready')
    await scenario.host.tx(id, 'fire')
    expect(await scenario.ending()).toEqual(['rolled-back'])
    expect(scenario.log()).toContain('failed check ended with 2')
  })

  it('is taken back when its own proof fails', async () => {
    scenario = await Scenario.start({ playbook }, on('old\n'))
    scenario.tool(
      'sh',
      'case $1 in -c) case $2 in printf*) exit 0 ;; esac ;; esac; exec /bin/sh "$@"',
    )
    await scenario.to('ready')
    await scenario.host.tx(id, 'fire')
    expect(await scenario.ending()).toEqual(['rolled-back'])
    expect(scenario.log()).toContain('failed verify ended with 1')
  })

  it('calls for help when it cannot be taken back, and says what to type', async () => {
    scenario = await Scenario.start({ playbook }, on('old\n'))
    await scenario.to('tried')
    scenario.tool('sh', 'case "$1 $2" in "-c echo"*) exit 3 ;; esac; exec /bin/sh "$@"')
    scenario.deadline()
    expect(await scenario.ending()).toEqual(['failed'])
    expect(scenario.manual()).toContain("1. 'sh' '-c' 'echo old >/etc/motto'")
  })

  it('is refused where the host does not have it', async () => {
    scenario = await Scenario.start({ playbook }, on('old\n'))
    await scenario.hide('grep')
    const staged = await scenario.step('staged')
    expect(staged.code).not.toBe(0)
    expect(staged.stderr).toContain('commands are missing on the host: grep')
  })
})
