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

describe('a host that is not the one of the plan any more', () => {
  const stock = '/lib/modules/6.1.0-50-amd64/kernel/drivers/net/ethernet/intel/i40e/i40e.ko'
  const interfaces = '/etc/network/interfaces'

  it.each([
    ['another machine', 'i40e-upgrade', 'echo 1234 >/etc/machine-id', 'this is another machine'],
    [
      'one without the driver that a rollback would load',
      'i40e-upgrade',
      `rm ${stock}`,
      `${stock}, which a rollback would load, is not there`,
    ],
    [
      'one with another driver loaded',
      'i40e-upgrade',
      'cp /sys/module/e1000e/notes/.note.gnu.build-id /sys/module/i40e/notes/',
      'loaded build is 51762862df3c370eb99ce6f94005d62447a108e6, the plan was made for',
    ],
    [
      'one with a file that cannot be written',
      'e1000e-flow-control-off',
      `mount --bind ${interfaces} ${interfaces}; mount -o remount,ro,bind ${interfaces}`,
      `${interfaces} cannot be written (read-only, or immutable: lsattr)`,
    ],
  ] as const)('is refused: %s', async (_, playbook, change, words) => {
    scenario = await Scenario.start({ playbook })
    await scenario.host.run(change)
    const staged = await scenario.step('staged')
    expect(staged).toMatchObject({ code: 8 })
    expect(staged.stderr + staged.stdout).toContain(words)
    await scenario.host.run(`umount ${interfaces} 2>/dev/null`)
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

describe('a host that has no room for a run', () => {
  const modules = '/lib/modules/6.1.0-50-amd64'

  it.each([
    ['for its records', '*/var/lib/nicfix*', '/var/lib/nicfix has 10 kB left'],
    ['for the module index', `*${modules}*`, `${modules} has 10 kB left`],
    ['beside a file that is to be written', '*" /etc"', '/etc has 10 kB left, 128 kB are needed'],
  ])('is refused before anything is changed: %s', async (_, where, words) => {
    scenario = await upgrade()
    const little = 'echo Filesystem; echo "disk 100 90 10 90% /"'
    scenario.tool('df', `case "$*" in ${where}) ${little}; exit ;; esac`, 'exec /usr/bin/df "$@"')
    const staged = await scenario.step('staged')
    expect(staged).toMatchObject({ code: 1 })
    expect(staged.stderr + staged.stdout).toContain(words)
  })

  it('is refused where files can be written but none be made', async () => {
    scenario = await upgrade()
    const few = 'echo Filesystem; echo "disk 1000 993 7 99% /"'
    scenario.tool('df', `case "$1" in -Pi) ${few}; exit ;; esac`, 'exec /usr/bin/df "$@"')
    const staged = await scenario.step('staged')
    expect(staged).toMatchObject({ code: 1 })
    expect(staged.stderr + staged.stdout).toContain('has 7 inodes left, 128 are needed')
  })

  it('is refused when the modules are on a disk that cannot be written', async () => {
    scenario = await upgrade()
    await scenario.host.run(
      `mount --bind ${modules} ${modules}; mount -o remount,ro,bind ${modules}`,
    )
    const staged = await scenario.step('staged')
    expect(staged).toMatchObject({ code: 8 })
    expect(staged.stderr + staged.stdout).toContain(`${modules} cannot be written`)
    await scenario.host.run(`umount ${modules}`)
  })

  it('is refused without ethtool, also where no driver is touched', async () => {
    scenario = await Scenario.start()
    await scenario.hide('ethtool')
    const staged = await scenario.step('staged')
    expect(staged).toMatchObject({ code: 1 })
    expect(staged.stderr + staged.stdout).toContain('commands are missing on the host: ethtool')
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
