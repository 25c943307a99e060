import { afterEach, describe, expect, it } from 'vitest'
import { Scenario } from './scenario.ts'

let scenario: Scenario
afterEach(() => scenario.end())

const upgrade = () => Scenario.start({ playbook: 'i40e-upgrade' })

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

describe('a host that has no room for a run', () => {
  const modules = '/lib/modules/6.1.0-50-amd64'

  it.each([
    ['for its records', '*/var/lib/nicfix*', '/var/lib/nicfix has 10 kB left, '],
    // Three times its size, and some.
    ['for the module index', `*${modules}*`, `${modules} has 10 kB left, 41`],
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
