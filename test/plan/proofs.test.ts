import { describe, expect, test } from 'vitest'
import type { Facts } from '../../src/model/facts.ts'
import { staleReasons } from '../../src/plan/fingerprint.ts'
import { proofs, rollbackProofs } from '../../src/plan/proofs.ts'
import { afterUpgrade, plan, readFacts, withFile, withNic } from './make.ts'

const facts = readFacts()
const upgrade = plan('i40e-upgrade', facts)
const done = afterUpgrade(facts, upgrade)
const image = facts.initramfs[0]!
const stock = facts.modules['i40e']!.copies[0]!
const failed = (list: readonly { ok: boolean; name: string }[]) =>
  list.filter(({ ok }) => !ok).map(({ name }) => name)

// What may have gone wrong without anybody's word for it, and the proof that notices.
const mishaps: [string, (facts: Facts) => Facts, RegExp][] = [
  [
    'an initramfs was rewritten',
    now => ({ ...now, initramfs: [{ ...image, sha256: '0' }] }),
    /initrd/,
  ],
  ['an initramfs is gone', now => ({ ...now, initramfs: [] }), /initr/],
  [
    'there is one more',
    now => ({ ...now, initramfs: [image, { ...image, path: '/boot/initrd.img-new' }] }),
    /number of initramfs/,
  ],
  [
    'the stock module was written over',
    now => withFile(now, stock, { kind: 'absent' }),
    /kernel\/drivers/,
  ],
  ['an address is lost', now => withNic(now, 'eno3', { addresses: [] }), /eno3/],
  ['a port left its bridge', now => withNic(now, 'eno1', { master: 'vmbr1' }), /eno1/],
  ['a port has another name', now => withNic(now, 'eno3', { name: 'eth0' }), /eno3/],
  ['a link is gone', now => withNic(now, 'eno1', { carrier: false }), /eno1/],
  ['the default route is gone', now => ({ ...now, defaultRoutes: [] }), /default routes/],
  ['the host has booted', now => ({ ...now, bootId: 'other' }), /same boot/],
]

describe('after an apply', () => {
  test('all is proven', () => {
    const found = proofs(upgrade, facts, done)
    expect(failed(found)).toEqual([])
    expect(found.map(({ name }) => name)).toContain('driver of eno3 by ethtool -i')
    expect(found.every(({ text }) => text !== '')).toBe(true)
  })

  test.each(mishaps)('%s', (_, spoil, name) => {
    expect(failed(proofs(upgrade, facts, spoil(done))).join()).toMatch(name)
  })

  test.each<[string, (facts: Facts) => Facts, RegExp]>([
    [
      'the old version is loaded',
      now => withNic(now, 'eno3', { version: '1.6.27-k' }),
      /ethtool -i/,
    ],
    ['another build is loaded', now => ({ ...now, modules: facts.modules }), /loaded build/],
    [
      'the installed file is another',
      now => ({ ...now, bootRecords: [{ ...now.bootRecords[0]!, sha256: '0' }] }),
      /sha256 of/,
    ],
    ['the record is missing', now => ({ ...now, bootRecords: [] }), /boot record/],
    [
      'rc.local is not as planned',
      now => withFile(now, '/etc/rc.local', { kind: 'absent' }),
      /rc\.local/,
    ],
  ])('%s', (_, spoil, name) => {
    expect(failed(proofs(upgrade, facts, spoil(done))).join()).toMatch(name)
  })

  test('pause', () => {
    const calm = plan('e1000e-flow-control-off', facts)
    expect(failed(proofs(calm, facts, facts))).toContain('pause of eno1')
  })
})

describe('after a rollback', () => {
  test('a host as it was is proven', () => {
    expect(failed(rollbackProofs(upgrade, facts, facts))).toEqual([])
  })

  test('a host that is still changed is not', () => {
    const names = failed(rollbackProofs(upgrade, facts, done)).join()
    for (const part of ['loaded build', 'ethtool -i', 'updates/', 'boot.d/i40e', 'rc.local'])
      expect(names).toContain(part)
  })

  test.each(mishaps)('%s', (_, spoil, name) => {
    expect(failed(rollbackProofs(upgrade, facts, spoil(facts))).join()).toMatch(name)
  })

  test('what the host has become since the run is what must not move', () => {
    const since = withNic(done, 'eno3', { addresses: ['10.0.3.99/24'] })
    const back = withNic(facts, 'eno3', { addresses: ['10.0.3.99/24'] })
    expect(failed(rollbackProofs(upgrade, facts, back, since))).toEqual([])
    expect(failed(rollbackProofs(upgrade, facts, facts, since)).join()).toMatch(/eno3/)
  })
})

describe('a plan goes stale', () => {
  test('not while nothing moves', () => {
    expect(staleReasons(upgrade, { ...facts, uptimeSeconds: 10 ** 6, free: {} })).toEqual([])
  })

  test.each<[Facts, RegExp]>([
    [{ ...facts, machineId: 'x' }, /^machine/],
    [{ ...facts, bootId: 'x' }, /^boot/],
    [{ ...facts, kernel: '6.1.0-51-amd64' }, /kernel: 6.1.0-50-amd64 → 6.1.0-51-amd64/],
    [
      withFile(facts, '/etc/rc.local', { kind: 'other', what: 'directory' }),
      /rc.local: absent → directory/,
    ],
    [done, /loaded i40e: a84b/],
    [
      withNic(facts, 'eno3', { pause: { autoneg: false, rx: true, tx: false } }),
      /NIC: eno3 .*rx off.* → .*rx on/,
    ],
    [
      { ...facts, elsewhere: [{ device: 'eth0', kind: 'macvlan', on: 'eno3', where: 'runc' }] },
      /NIC: eno3 .*children none → .*children eth0@runc/,
    ],
    [{ ...facts, nics: [] }, /→ gone/],
  ])('%#', (now, expected) => {
    expect(staleReasons(upgrade, now).join('\n')).toMatch(expected)
  })
})
