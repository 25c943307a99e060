import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { txCommand } from '../../src/host/protocol.ts'
import { hostScript } from '../../src/host/script.ts'
import { token } from '../host/sim/fresh.ts'
import { pause } from '../host/sim/ran.ts'
import { Scenario, id } from './scenario.ts'

let scenario: Scenario
afterEach(() => scenario?.end())

describe('the clock of the host', () => {
  it('may show any year: nothing in the script asks for it', async () => {
    const asks = /(^|[ (;])date [-+]|-newer|-mmin|-mtime|\$\{?(SECONDS|EPOCH)|%\(/gm
    expect(hostScript().match(asks)).toBeNull()
    scenario = await Scenario.start({ playbook: 'i40e-upgrade' })
    for (const name of ['date', 'hwclock']) scenario.tool(name, `echo ${name} >>/control/asked`)
    // Times of files from ten years ago and in ten years from now, in every phase.
    const touch = (year: number) =>
      scenario.host.run(
        `find /etc /lib/modules /var/lib/nicfix -exec touch -h -d ${year}-01-01 {} +`,
      )
    let year = 2016
    for (const phase of ['staged', 'built', 'ready', 'tried'] as const) {
      await scenario.to(phase)
      await touch((year = year === 2016 ? 2036 : 2016))
    }
    await scenario.confirm()
    await scenario.until('committed')
    await touch(2016)
    expect(await scenario.ending()).toEqual(['committed'])
    expect((await scenario.host.run('cat /control/asked')).stdout).toBe('')
  })

  it('that stood still while the host slept is past the deadline at once', async () => {
    scenario = await (await Scenario.start({ confirmWithin: 600 })).to('tried')
    scenario.host.clock.leap(500)
    await pause(300)
    expect(scenario.state).toBe('pending')
    scenario.host.clock.leap(3600)
    await scenario.until('rolled-back')
    expect(await scenario.ending()).toEqual(['rolled-back'])
  })

  it('that is close to a wrap of 32 bits decides as ever', async () => {
    scenario = await Scenario.start()
    scenario.host.clock.leap(2 ** 32 / 100 - 60)
    await scenario.to('tried')
    expect((await scenario.host.status(id)).deadlineInSeconds).toBeGreaterThan(0)
    scenario.deadline()
    expect(await scenario.ending()).toEqual(['rolled-back'])
  })
})

describe('a host without a tool', () => {
  it('is refused before anything is changed, and all that is missing is named', async () => {
    scenario = await Scenario.start({ playbook: 'i40e-upgrade' })
    await scenario.hide('setsid', 'stat', 'insmod', 'depmod', 'gcc')
    const staged = await scenario.step('staged')
    expect(staged).toMatchObject({ code: 1 })
    expect(staged.stderr).toMatch(
      /^commands are missing on the host: setsid stat .*insmod depmod.* gcc\n$/,
    )
    expect(scenario.state).toBe('none')
    expect([...scenario.host.disk().keys()].filter(path => /nicfix\/./.test(path))).toEqual([
      '/var/lib/nicfix/tx',
    ])
  })

  it.each(['sha256sum', 'tail', 'awk', 'grep', 'sync', 'mv', 'sleep'])(
    'is refused and left alone when it is %s that it lacks',
    async name => {
      scenario = await Scenario.start()
      await scenario.hide(name)
      const staged = await scenario.step('staged')
      expect(staged.code).not.toBe(0)
      expect(staged.stderr).toContain(name)
      expect(scenario.state).toBe('none')
    },
  )

  it('does without flock, systemd-run, udevadm, ping and logger', async () => {
    scenario = await Scenario.start({ playbook: 'i40e-upgrade' })
    await scenario.hide('flock', 'timeout', 'systemd-run', 'udevadm', 'ping', 'logger', 'nohup')
    await scenario.to('tried')
    expect(await scenario.confirm()).toMatchObject({ code: 0 })
    expect(await scenario.ending()).toEqual(['committed'])
  })
})

describe('an odd environment', () => {
  it('of the session does not reach the guard', async () => {
    scenario = await (await Scenario.start({ playbook: 'i40e-upgrade' })).to('staged')
    const odd =
      'unset HOME TMPDIR USER; umask 0777; PATH= ; ENV=/nowhere CDPATH=/etc:/lib LC_ALL=tr_TR.UTF-8 IFS=/x; export ENV CDPATH LC_ALL IFS; cd /tmp'
    for (const verb of ['build', 'arm', 'fire'] as const)
      expect(await scenario.host.run(`${odd}; /bin/${txCommand(id, verb)}`)).toMatchObject({
        code: 0,
      })
    await scenario.until('tried')
    const confirm = `${odd}; /bin/${txCommand(id, 'confirm')}`
    expect(await scenario.host.run(confirm, `${token}\n`)).toMatchObject({ code: 0 })
    expect(await scenario.ending()).toEqual(['committed'])
  })

  it('of /tmp matters to nobody: it is not written to', async () => {
    scenario = await Scenario.start({ playbook: 'i40e-upgrade' })
    await scenario.host.run('mount -t tmpfs -o ro,noexec tmp /tmp')
    await scenario.to('tried')
    await scenario.confirm()
    expect(await scenario.ending()).toEqual(['committed'])
  })
})

describe('output', () => {
  it('of a hundred megabytes keeps nobody waiting', async () => {
    scenario = await (await Scenario.start({ playbook: 'i40e-upgrade' })).to('ready')
    const flood = `/usr/bin/head -c 50000000 /dev/zero | /usr/bin/tr '\\000' 'x'`
    scenario.tool(
      'insmod',
      `${flood}; ${flood} >&2`,
      '. /usr/sbin/fake-kernel.sh',
      'load insmod "$1"',
    )
    await scenario.host.tx(id, 'fire')
    await scenario.until('tried')
    expect((await scenario.host.tx(id, 'status')).stdout.length).toBeLessThan(10_000)
    expect(await scenario.confirm()).toMatchObject({ code: 0 })
    expect(await scenario.ending()).toEqual(['committed'])
  })

  it('that nobody reads any more does not end a guard or a confirmation', async () => {
    scenario = await (await Scenario.start()).to('ready')
    await scenario.host.run(`${txCommand(id, 'fire')} | true`)
    await scenario.until('tried')
    await scenario.host.run(`echo ${token} | ${txCommand(id, 'confirm')} >&- 2>&-`)
    expect(await scenario.ending()).toEqual(['committed'])
  })

  it('of a tool may be any bytes', async () => {
    scenario = await (await Scenario.start()).to('ready')
    const bytes = `printf '\\377\\376\\033[2J\\000\\001 event 1 1 - note\\nend\\nnicfix-tx 1\\n'`
    scenario.tool('dmesg', bytes)
    const real = readFileSync(scenario.path('/usr/sbin/ethtool'), 'utf8').replace(/^.*\n/, '')
    scenario.tool('ethtool', `case $1 in -A) ${bytes} >&2; exit 1 ;; esac`, real)
    await scenario.host.tx(id, 'fire')
    await scenario.until('ended')
    // Nothing of it is taken for a line of the answer.
    const told = await scenario.host.status(id)
    expect(told.events.filter(({ event }) => event === 'failed')).toHaveLength(1)
  })
})
