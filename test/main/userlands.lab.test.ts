import { describe, expect, test } from 'vitest'
import { reboot } from '../../src/lab/lab.ts'
import { newer, older } from '../../src/lab/releases.ts'
import { quickValuesOf, ready, runOf, setBench, until, wordsOf } from './lab.ts'
import { readNetwork, readOpen, readState, readVersion, see } from './state.ts'

const upgrade = 'playbooks/e1000e-upgrade.yaml'
const isAll = process.env['NICFIX_TOPOLOGIES'] === 'all'

// The same kernel with other programs around it: ip, ethtool, ifup, kmod, systemd and the shell are those of the release.
describe.runIf(ready.ok && isAll).each([older, newer])(
  'with the programs of $title',
  ({ name, suite }) => {
    const bench = setBench('two-ports', name)

    test('e1000e-upgrade is tried, kept over a boot, and taken back', async () => {
      const { host } = bench
      expect(await see(host, '. /etc/os-release; echo $VERSION_CODENAME')).toBe(suite)
      const before = await readState(host)
      const stock = await readVersion(host, 'eno1')
      const applied = await bench.nicfix(
        'apply',
        upgrade,
        '--host',
        host,
        ...(await quickValuesOf('e1000e-3.8.7-lab')),
      )
      expect(wordsOf(applied)).toMatch(/^exit 0\n/)
      expect(applied.out).toContain('changed, and proven')
      expect(await readVersion(host, 'eno1')).toBe('3.8.7-lab')
      const upgraded = await readNetwork(host)

      await reboot(host)
      const isSwapped = async () => (await readNetwork(host)) === upgraded
      await until('the boot hook has swapped the driver', isSwapped, 180)

      const back = await bench.nicfix('rollback', runOf(applied), '--host', host)
      expect(wordsOf(back)).toMatch(/^exit 0\n/)
      expect(await readVersion(host, 'eno1')).toBe(stock)
      expect(await readState(host)).toBe(before)
      expect(await readOpen(host)).toBe('')
    })
  },
)
