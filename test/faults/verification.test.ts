import { renameSync, rmSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { pause } from '../host/sim/ran.ts'
import { freshDisk } from '../host/sim/fresh.ts'
import { Scenario, id } from './scenario.ts'

let scenario: Scenario
afterEach(() => scenario.end())

const upgrade = () => Scenario.start({ playbook: 'i40e-upgrade' })
const sbin = (name: string) => scenario.path(`/usr/sbin/${name}`)

/** Around a tool of the simulated host: these lines come first, and the tool unless they have ended it. */
function around(name: string, ...lines: string[]): void {
  renameSync(sbin(name), sbin(`${name}.real`))
  scenario.tool(name, ...lines, `exec /usr/sbin/${name}.real "$@"`)
}

/** Around a tool of this machine: it is run first, then these lines. */
const after = (name: string, ...lines: string[]) =>
  scenario.tool(name, `/usr/bin/${name} "$@"`, 'code=$?', ...lines, 'exit $code')

const mend = (name: string) => renameSync(sbin(`${name}.real`), sbin(name))

describe('a module that was built', () => {
  it.each([
    [
      'for another kernel',
      'modinfo',
      '"-F vermagic "*/out/module.ko) echo "5.10.0-9-amd64 SMP preempt mod_unload modversions"',
      'built for kernel 5.10.0-9-amd64, running is 6.1.0-50-amd64',
    ],
    [
      'with other options than the kernel',
      'modinfo',
      '"-F vermagic "*/out/module.ko) echo "6.1.0-50-amd64 SMP"',
      "vermagic is '6.1.0-50-amd64 SMP', the kernel's own modules have",
    ],
    [
      'of another version',
      'modinfo',
      '"-F version "*/out/module.ko) echo 9.9',
      "the source makes version '9.9', expected '2.13.10'",
    ],
    ['without a build-id', 'readelf', '"-n "*/out/module.ko) :', 'no build-id to prove it by'],
    ['without a symbol table', 'readelf', '"-S "*/out/module.ko) :', 'no symbol table'],
    [
      'without symbol versions',
      'readelf',
      '"-S "*/out/module.ko) echo "[30] .symtab  SYMTAB  0"',
      'carries no symbol versions',
    ],
  ])('%s is not taken', async (_, tool, answer, words) => {
    scenario = await (await upgrade()).to('staged')
    around(tool, `case "$*" in ${answer}; exit ;; esac`)
    const built = await scenario.step('built')
    expect(built.code).not.toBe(0)
    expect(scenario.out() + built.stderr).toContain(words)
  })
})

describe('a trial that has gone wrong behind the back of its own commands', () => {
  it.each([
    [
      'a driver that was exchanged once more while the network came back',
      'i40e-upgrade',
      () =>
        around(
          'ethtool',
          'case "$1" in --show-priv-flags) [ ! -e /control/fired ] || cp /sys/module/e1000e/notes/.note.gnu.build-id /sys/module/i40e/notes/ ;; esac',
        ),
      'loaded build is 51762862df3c370eb99ce6f94005d62447a108e6, expected ef09',
    ],
    [
      'a port that another version drives than was built',
      'i40e-upgrade',
      () => around('ethtool', 'case "$*" in "-i eno3") echo "version: 1.0"; exit ;; esac'),
      'ethtool -i eno3 says version 1.0, expected 2.13.10',
    ],
    [
      'an address that the renegotiated link has lost',
      'e1000e-flow-control-off',
      () => around('ethtool', 'case "$1" in -r) : >/kernel/net/eno1/addresses ;; esac'),
      'eno1 lacks address ',
    ],
  ] as const)('is taken back: %s', async (_, playbook, break_, words) => {
    scenario = await (await Scenario.start({ playbook })).to('ready')
    break_()
    await scenario.host.run(': >/control/fired')
    await scenario.host.tx(id, 'fire')
    await scenario.until('rollback', 'rolled-back', 'failed')
    expect(scenario.log()).toContain(words)
  })
})

describe('a trial', () => {
  it('whose link does not come back is taken back', async () => {
    scenario = await (await Scenario.start()).to('ready')
    around(
      'ethtool',
      'case "$1" in -r) ethtool.real "$@"; echo 0 >/sys/class/net/eno1/carrier; exit ;; esac',
    )
    await scenario.host.tx(id, 'fire')
    await scenario.until('rollback', 'rolled-back', 'failed')
    expect(scenario.log()).toContain('eno1 has no carrier 30 s after the change')
  })

  it('is ended with the step that it is at when somebody takes the run back', async () => {
    scenario = await (await upgrade()).to('ready')
    around('insmod', 'until [ -e /control/go ]; do /usr/bin/sleep 0.02; done')
    await scenario.host.tx(id, 'fire')
    await scenario.untilLog(/02 begin/)
    const taken = scenario.host.tx(id, 'rollback')
    await scenario.until('rollback')
    await scenario.host.run(': >/control/go')
    await taken
    expect(await scenario.ending()).toEqual(['rolled-back'])
    expect(scenario.log()).toContain('02 note stopped on request')
  })

  it('is not begun by a guard whose orders were damaged after they were checked', async () => {
    scenario = await (await Scenario.start()).to('built')
    const spoil = 'for file in /var/lib/nicfix/tx/*/c/01/want; do echo >>"$file"; done'
    scenario.tool('setsid', spoil, 'exec /usr/bin/setsid "$@"')
    expect(await scenario.step('ready')).not.toMatchObject({ code: 0 })
    expect(scenario.log()).toContain('damaged: c/01/want')
    expect(scenario.state).not.toBe('pending')
  })
})

describe('a file that was written and is not what it should be', () => {
  const file = '/etc/network/interfaces'

  it.each([
    ['its content', `echo '# mine' >>${file}`, `${file} has sha256`],
    ['its mode', `chmod 0666 ${file}`, `${file} has mode and owner 0666 0:0`],
  ])('is noticed by %s, and everything is taken back', async (_, damage, words) => {
    scenario = await (await Scenario.start()).to('built')
    // Before the guard is there: a shell remembers where it has found a command.
    after('sync', `case "$*" in */etc/network) ! rm /control/damaging || ${damage} ;; esac`)
    await scenario.to('tried')
    await scenario.host.run(': >/control/damaging')
    expect(await scenario.confirm()).toMatchObject({ code: 0 })
    await scenario.host.settled()
    expect(scenario.log()).toContain(words)
    expect(scenario.state).toBe('rolled-back')
  })

  it('is a module that depmod does not prefer', async () => {
    scenario = await (await upgrade()).to('tried')
    const stock = '/lib/modules/6.1.0-50-amd64/kernel/drivers/net/ethernet/intel/i40e/i40e.ko'
    around('modinfo', `case "$*" in "-n i40e") echo ${stock}; exit ;; esac`)
    expect(await scenario.confirm()).toMatchObject({ code: 0 })
    await scenario.host.settled()
    expect(scenario.log()).toContain(`depmod prefers ${stock}`)
    mend('modinfo')
    expect(await scenario.ending()).toEqual(['rolled-back'])
  })

  it('is a boot hook that has no program', async () => {
    scenario = await (await upgrade()).to('tried')
    after('stat', 'case "$*" in */etc/rc.local) rm -f /var/lib/nicfix/boot ;; esac')
    expect(await scenario.confirm()).toMatchObject({ code: 0 })
    await scenario.host.settled()
    expect(scenario.log()).toContain('/var/lib/nicfix/boot is missing')
    expect(await scenario.ending()).toEqual(['rolled-back'])
  })
})

describe('a way back', () => {
  it('that brought another file is none, says so, and can be gone again', async () => {
    scenario = await (await Scenario.start()).to('tried')
    await scenario.confirm()
    await scenario.until('committed')
    await scenario.host.settled()
    after('sync', "case $* in */etc/network) echo '# mine' >>/etc/network/interfaces ;; esac")
    expect(await scenario.host.tx(id, 'rollback')).toMatchObject({ code: 0 })
    await scenario.until('failed')
    expect(scenario.manual()).toMatch(/interfaces has sha256 [0-9a-f]{64}, had/)
    rmSync(sbin('sync'))
    expect(await scenario.host.tx(id, 'rollback')).toMatchObject({ code: 0 })
    await scenario.until('rolled-back')
    await scenario.host.settled()
    const { stdout } = await scenario.host.run('cat /etc/network/interfaces')
    expect(stdout).not.toContain('mine')
  })

  it('brings back the program of an earlier boot hook', async () => {
    const disk = freshDisk({ '/var/lib/nicfix/boot': '#!/bin/sh\n# of an earlier run\n' })
    scenario = await (await Scenario.start({ playbook: 'i40e-upgrade' }, { disk })).to('tried')
    await scenario.confirm()
    await scenario.until('committed')
    await scenario.host.settled()
    expect(await scenario.host.tx(id, 'rollback')).toMatchObject({ code: 0 })
    await scenario.until('rolled-back')
    await scenario.host.settled()
    expect((await scenario.host.run('cat /var/lib/nicfix/boot')).stdout).toContain('earlier run')
  })
})

describe('a disk that does not keep what was written beside a target', () => {
  it.each([
    ['new file', 'i40e-upgrade', '*/etc/.nicfix-*.new'],
    ['copy of the old file', 'e1000e-flow-control-off', '*/etc/network/.nicfix-*.old'],
    ['program of the boot hook', 'i40e-upgrade', '*/var/lib/nicfix/.boot-*.new'],
  ] as const)('ends the run before anything is changed: the %s', async (_, playbook, path) => {
    scenario = await (await Scenario.start({ playbook })).to('built')
    const fails = 'echo "sync: error syncing: Input/output error" >&2; exit 1'
    scenario.tool('sync', `case "$*" in ${path}) ${fails} ;; esac`, 'exec /usr/bin/sync "$@"')
    expect(await scenario.step('ready')).not.toMatchObject({ code: 0 })
    rmSync(sbin('sync'))
    await scenario.host.tx(id, 'cancel')
    expect(await scenario.ending()).toEqual(['cancelled'])
  })

  it('ends the run as well when what lies there is not what was sent', async () => {
    scenario = await (await upgrade()).to('built')
    after('chmod', 'case "$*" in */etc/.nicfix-*.new) echo "# more" >>"$2" ;; esac')
    expect(await scenario.step('ready')).not.toMatchObject({ code: 0 })
    rmSync(sbin('chmod'))
    await scenario.host.tx(id, 'cancel')
    expect(await scenario.ending()).toEqual(['cancelled'])
  })
})

describe('a module command that hangs inside the kernel', () => {
  it('is not followed by another one, which would hang behind it', async () => {
    scenario = await (await upgrade()).to('tried')
    await scenario.host.run(`cat /proc/sys/kernel/random/boot_id >/var/lib/nicfix/tx/${id}/hung`)
    scenario.deadline()
    await scenario.until('failed', 'rolled-back')
    expect(scenario.state).toBe('failed')
    expect(scenario.manual()).toContain('only a reboot ends it')
    await pause(10)
  })
})
