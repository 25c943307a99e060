import { execa } from 'execa'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { buildModule, findLabHost, sshArguments } from '../../src/lab/lab.ts'
import { ready, runOf, setBench, wordsOf } from './lab.ts'
import { readOpen, readState, readVersion, see } from './state.ts'

const stock = '1.6.27-k'
const other = '2.13.10'

const steering = `nicfix: 1
name: steering
nics: { match: { name: eno1 } }
steps:
  - id: steering
    use: host.run
    with:
      reason: both processors take packets
      check: [grep, -qx, '3', /sys/class/net/eno1/queues/rx-0/rps_cpus]
      run: [sh, -c, 'echo 3 >/sys/class/net/eno1/queues/rx-0/rps_cpus']
      verify: [grep, -qx, '3', /sys/class/net/eno1/queues/rx-0/rps_cpus]
      undo: [sh, -c, 'echo 0 >/sys/class/net/eno1/queues/rx-0/rps_cpus']
`

describe.runIf(ready.ok)('what somebody did by hand, and what only they know how to do', () => {
  const bench = setBench()
  const ask = (sh: string) => see(bench.host, sh)

  /** As people do it, at the machine itself. */
  async function installByHand(): Promise<string> {
    const there = findLabHost(bench.host)
    if (!there) throw new Error('the host is not up')
    const file = `/lib/modules/${await ask('uname -r')}/updates/i40e.ko`
    const store = `mkdir -p ${file.replace(/\/[^/]*$/, '')} && cat >${file} && depmod -a`
    const inputFile = await buildModule(`i40e-${other}`)
    await execa('ssh', [...sshArguments(there), store], { inputFile })
    await ask(
      'modprobe -r i40e && modprobe i40e && udevadm settle && ifup --force eno3 2>/dev/null; ip link set eno3 up',
    )
    return file
  }

  const mask = () => ask('cat /sys/class/net/eno1/queues/rx-0/rps_cpus')

  test('driver-revert goes back to the driver of the kernel, and its rollback to the one by hand', async () => {
    const { host } = bench
    const file = await installByHand()
    expect(await readVersion(host, 'eno3')).toBe(other)
    expect(await ask('modinfo -n i40e')).toBe(file)
    const before = await readState(host)

    const words = ['playbooks/driver-revert.yaml', '--host', host, '-e', 'driver=i40e']
    const applied = await bench.nicfix('apply', ...words)
    expect(wordsOf(applied)).toMatch(/^exit 0\n/)
    expect(applied.out).toContain('changed, and proven')
    expect(await readVersion(host, 'eno3')).toBe(stock)
    expect(await ask('modinfo -n i40e')).toMatch(/\/(kernel|extra)\/.*i40e\.ko/)
    expect(await ask(`ls ${file} 2>/dev/null; exit 0`)).toBe('')
    expect(await readOpen(host)).toBe('')

    const again = await bench.nicfix('apply', ...words)
    expect(again.out).toContain('unchanged')

    const back = await bench.nicfix('rollback', runOf(applied), '--host', host)
    expect(wordsOf(back)).toMatch(/^exit 0\n/)
    expect(await readVersion(host, 'eno3')).toBe(other)
    expect(await readState(host)).toBe(before)
  })

  test('a command that a playbook brings along is run, proven, and taken back', async () => {
    const { host } = bench
    const playbook = join(bench.dir, 'steering.yaml')
    await writeFile(playbook, steering)
    expect(await mask()).toBe('0')
    const applied = await bench.nicfix('apply', playbook, '--host', host)
    expect(wordsOf(applied)).toMatch(/^exit 0\n/)
    expect(await mask()).toBe('3')
    const back = await bench.nicfix('rollback', runOf(applied), '--host', host)
    expect(wordsOf(back)).toMatch(/^exit 0\n/)
    expect(await mask()).toBe('0')
  })
})
