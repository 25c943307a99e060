import { describe, expect, test } from 'vitest'
import { powerCut } from '../../src/lab/lab.ts'
import { ready, runOf, setBench, until, wordsOf } from './lab.ts'
import {
  readFiles,
  readLoadedBuild,
  readNetwork,
  readOpen,
  readState,
  readTokens,
  readVersion,
  see,
} from './state.ts'

const playbook = 'playbooks/i40e-upgrade.yaml'
const stock = '1.6.27-k'
const wanted = '2.13.10'

describe.runIf(ready.ok)('i40e-upgrade', () => {
  const bench = setBench()

  // One test, since the driver is built once on an emulated processor, which takes a minute or two.
  test('upgrades, survives a reboot by its boot hook, changes nothing twice, and can be taken back', async () => {
    const { host } = bench
    const ask = (sh: string) => see(host, sh)
    const apply = () => bench.nicfix('apply', playbook, '--host', host)
    const untouched = await readState(host)
    const bootSums = () => ask('sha256sum /boot/init*')
    const initramfs = await bootSums()
    const kernel = await ask('uname -r')
    const stockSum = () =>
      ask(
        `find /lib/modules/${kernel}/kernel /lib/modules/${kernel}/extra -name 'i40e.ko*' | xargs sha256sum`,
      )
    const stockBefore = await stockSum()
    expect(initramfs).toMatch(/^[0-9a-f]{64} +\/boot\/initrd/)
    expect(stockBefore).toMatch(/^[0-9a-f]{64} /)
    expect(await readVersion(host, 'eno3')).toBe(stock)

    // What no file says, only the kernel.
    await ask(
      'ip addr add 10.0.3.99/24 dev eno3 && ip route add 192.0.2.0/24 via 10.0.3.2 dev eno3',
    )
    const network = await readNetwork(host)
    expect(network).toContain('10.0.3.99/24')

    const applied = await apply()
    expect(wordsOf(applied)).toMatch(/^exit 0\n/)
    expect(applied.out).toContain('changed, and proven')
    expect(await readVersion(host, 'eno3')).toBe(wanted)
    expect(await readNetwork(host)).toBe(network.replace(`version ${stock}`, `version ${wanted}`))
    expect(await ask('modinfo -n i40e')).toMatch(
      new RegExp(`^/lib/modules/${kernel}/updates/.*/i40e\\.ko$`),
    )
    expect(await stockSum()).toBe(stockBefore)
    expect(await bootSums()).toBe(initramfs)
    for (const line of initramfs.split('\n')) {
      const [sum = '', path = ''] = line.split(/ +/)
      expect(applied.out).toMatch(new RegExp(`ok +${path}\\s+${sum}`))
    }
    expect(await ask("stat -c '%a %U:%G' /etc/rc.local")).toBe('755 root:root')
    expect(await ask('grep -c nicfix /etc/rc.local; sh -n /etc/rc.local')).toBe('1')
    expect(await readOpen(host)).toBe('')
    const run = runOf(applied)
    expect(await readTokens(host)).toBe(`${run} committed`)
    const tried = await readLoadedBuild(host, 'i40e')
    expect(tried).toMatch(/^[0-9a-f]{40}$/)

    const files = await readFiles(host)
    const again = await apply()
    expect(wordsOf(again)).toMatch(/^exit 0\n/)
    expect(again.out).toContain('unchanged')
    expect(await readFiles(host)).toBe(files)
    expect(await readTokens(host)).toBe(`${run} committed`)
    expect(await readOpen(host)).toBe('')

    // Harder than a reboot, and quicker: the warm start of a QEMU that has run for long takes many minutes.
    await powerCut(host)
    await until(
      'the boot hook swaps',
      async () => (await readLoadedBuild(host, 'i40e')) === tried,
      180,
    )
    const versions = await ask("dmesg | sed -n 's/.*i40e: Intel.* version \\([^ ]*\\).*/\\1/p'")
    expect(versions.split('\n')).toEqual([stock, wanted])
    await until(
      'eno3 has its carrier',
      async () => (await ask('cat /sys/class/net/eno3/carrier')) === '1',
      60,
    )
    expect(await readVersion(host, 'eno3')).toBe(wanted)
    await until(
      'eno3 has its address',
      async () => (await ask('ip -4 addr show eno3')).includes('10.0.3.15/24'),
      60,
    )
    await until(
      'the hook is done',
      async () => (await ask('dmesg')).includes(`version ${wanted} is loaded`),
      60,
    )

    const back = await bench.nicfix('rollback', run, '--host', host)
    expect(wordsOf(back)).toMatch(/^exit 0\n/)
    expect(back.out).not.toContain('warning:')
    expect(await readVersion(host, 'eno3')).toBe(stock)
    expect(await readState(host)).toBe(untouched)
    expect(await readTokens(host)).toBe(`${run} rolled-back`)
    expect(await readOpen(host)).toBe('')
  })
})
