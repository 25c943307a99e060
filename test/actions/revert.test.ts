import { describe, expect, it } from 'vitest'
import { isStock } from '../../src/actions/driver.ts'
import type { Facts } from '../../src/model/facts.ts'
import { handMade, plan, readFacts, refusals, withHandMade } from '../plan/make.ts'

const facts = withHandMade(readFacts())
const i40e = facts.modules['i40e']!
const stock = i40e.copies[0]!
const having = (change: Partial<typeof i40e>): Facts => ({
  ...facts,
  modules: { ...facts.modules, i40e: { ...i40e, ...change } },
})
const changesOf = (host: Facts) => plan('driver-revert', host).changes

describe('the way back to the driver of the kernel', () => {
  it('is tried in memory, then the other copy goes, and depmod has nothing to prefer', () => {
    expect(changesOf(facts)).toMatchObject([
      {
        kind: 'swap-driver',
        source: { file: stock, buildId: i40e.copyBuildIds[stock] },
        formerFile: handMade,
        formerBuildId: i40e.buildId,
      },
      { kind: 'write-file', path: handMade, content: { instead: stock }, after: 'depmod' },
    ])
  })

  it('takes all other copies away, and asks depmod once, at the end', () => {
    const extra = '/lib/modules/6.1.0-50-amd64/extra/i40e.ko'
    const host = having({
      copies: [...i40e.copies, extra],
      copyBuildIds: { ...i40e.copyBuildIds, [extra]: 'ab' },
    })
    const files = { ...facts.files, [extra]: facts.files[handMade]! }
    const removals = changesOf({ ...host, files }).filter(({ kind }) => kind === 'write-file')
    expect(removals).toMatchObject([
      { path: handMade, after: null },
      { path: extra, after: 'depmod' },
    ])
  })

  it('only removes the copy where the driver of the kernel is loaded already', () => {
    const { [stock]: buildId = null } = i40e.copyBuildIds
    expect(changesOf(having({ buildId }))).toMatchObject([{ kind: 'write-file', path: handMade }])
  })

  it('has nothing to do on a host that has no other copy', () => {
    expect(changesOf(readFacts())).toEqual([])
  })

  it('warns of the copy that an initramfs has, which nicfix never writes', () => {
    const { warnings } = plan('driver-revert', having({ inInitramfs: true }))
    expect(warnings).toEqual([expect.stringMatching(/^the initramfs carries a copy of i40e/)])
  })

  it.each([
    [
      'DKMS installs',
      { copies: [...i40e.copies, '/lib/modules/6.1.0-50-amd64/updates/dkms/i40e.ko'] },
    ],
    ["kernel's own i40e is not on the disk", { copies: [handMade] }],
    ["kernel's own i40e is not on the disk", { copyBuildIds: { [handMade]: i40e.buildId } }],
  ])('is refused: %s', (why, change) => {
    expect(refusals('driver-revert', having(change)).join('\n')).toContain(why)
  })

  it('is refused for a driver that nicfix installed: that is the rollback of its run', () => {
    const record = { module: 'i40e', kernel: facts.kernel, version: '2.13.10' }
    const rest = { file: handMade, sha256: 'a', buildId: 'b', source: 'c', fileSha256: 'a' }
    const host = { ...facts, bootRecords: [{ ...record, ...rest }] }
    expect(refusals('driver-revert', host).join('\n')).toContain('installed by nicfix')
  })
})

describe('a file of the kernel’s own package', () => {
  it('is known by its folder, whatever the release of the kernel is', () => {
    const kernel = `6.1.0-${'x'.repeat(100_000)}+(`
    expect(isStock(`/lib/modules/${kernel}/kernel/drivers/i40e.ko`, kernel)).toBe(true)
    expect(isStock(`/usr/lib/modules/${kernel}/kernel/drivers/i40e.ko`, kernel)).toBe(true)
    expect(isStock(`/lib/modules/${kernel}/updates/i40e.ko`, kernel)).toBe(false)
    expect(isStock('/lib/modules/6x1.0/kernel/i40e.ko', '6.1.0')).toBe(false)
  })
})
