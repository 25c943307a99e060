import { describe, expect, test } from 'vitest'
import { targetOf } from '../../src/actions/driver.ts'
import { afterUpgrade, plan, readFacts, sha256, withFile, withNic } from './make.ts'

const facts = readFacts()
const upgrade = plan('i40e-upgrade', facts)

test('changes come in the order of doing and refer to each other by number', () => {
  expect(upgrade.changes.map(({ id, kind, phase }) => `${id} ${kind} ${phase}`)).toEqual([
    '01 build-module build',
    '02 swap-driver trial',
    '03 write-file persist',
    '04 write-file persist',
    '05 write-file persist',
  ])
  expect(upgrade.changes).toMatchObject([
    { sha256, target: targetOf(facts.kernel, 'i40e') },
    {
      source: { from: '01' },
      ports: ['10000:00:00.0'],
      formerBuildId: facts.modules['i40e']!.buildId,
    },
    { expect: 'absent', content: { from: '01', output: 'module.ko' }, after: 'depmod' },
    { path: '/var/lib/nicfix/boot.d/i40e', content: { from: '01', output: 'record' }, after: null },
    { path: '/etc/rc.local', mode: '0755', after: 'rc-local' },
  ])
})

test('nothing is ever written below the kernel’s own modules', () => {
  const paths = upgrade.changes.flatMap(change =>
    change.kind === 'write-file' ? [change.path] : [],
  )
  expect(paths).toHaveLength(3)
  expect(paths.join()).not.toContain(`/lib/modules/${facts.kernel}/kernel/`)
})

test('the fingerprint holds all that is touched', () => {
  expect(upgrade.fingerprint).toMatchObject({
    files: { [targetOf(facts.kernel, 'i40e')]: 'absent', '/etc/rc.local': 'absent' },
    modules: { i40e: facts.modules['i40e']!.buildId },
    nics: [
      'eno3 10000:00:00.0 driver i40e 1.6.27-k',
      'eno3 10000:00:00.0 children none',
      'eno3 10000:00:00.0 pause autoneg off rx off tx off',
      'eno3 10000:00:00.0 offload rx on tx on sg on tso on gso on gro on lro off rxvlan off txvlan off rxhash off',
      'eno3 10000:00:00.0 ring rx 512 tx 512',
      'eno3 10000:00:00.0 eee none',
    ],
  })
})

test('only a driver under the SSH path cuts the connection', () => {
  expect(upgrade.cutsSsh).toBe(false)
  expect(plan('e1000e-upgrade', facts).cutsSsh).toBe(true)
  expect(plan('e1000e-upgrade', { ...facts, sshClient: null, sshPath: [] }).cutsSsh).toBe(false)
})

test('the same facts make the same plan', () => {
  expect(plan('i40e-upgrade', readFacts())).toEqual(upgrade)
})

describe('a second apply changes nothing', () => {
  test('upgrade', () => {
    const done = plan('i40e-upgrade', afterUpgrade(facts, upgrade))
    expect(done).toMatchObject({ changes: [], outageSeconds: 0, cutsSsh: false })
    expect(done.nics.find(({ name }) => name === 'eno3')).toMatchObject({
      text: 'already 2.13.10',
      selected: false,
    })
  })

  test('flow control', () => {
    const first = plan('e1000e-flow-control-off', facts)
    const write = first.changes.find(change => change.kind === 'write-file')!
    const text = 'text' in write.content ? write.content.text : ''
    const calm = withNic(facts, 'eno1', { pause: { autoneg: false, rx: false, tx: false } })
    const file = { ...(facts.files[write.path] as { kind: 'file' }), text }
    const second = plan('e1000e-flow-control-off', withFile(calm, write.path, file as never))
    expect(second).toMatchObject({
      changes: [],
      conditions: ['pause is as wanted', 'pause is set at each boot'],
    })
    // Only what is missing is done again.
    expect(plan('e1000e-flow-control-off', calm).changes).toMatchObject([{ kind: 'write-file' }])
  })

  test('the right version that is not installed is built again where the version is no filter', () => {
    const text = `nicfix: 1
name: own
nics: { match: { driver: i40e } }
steps:
  - { id: build, use: driver.build, with: { source: drivers/i40e-2.13.10.tar.gz, sha256: ${sha256}, module: i40e, version: 2.13.10 } }
  - { id: trial, use: driver.trial, with: { from: build } }
  - { id: install, use: driver.install, with: { from: build } }
  - { id: hook, use: driver.boot-hook, with: { module: i40e } }
`
    const done = afterUpgrade(facts, upgrade)
    expect(plan('own', done, text).changes).toEqual([])
    const record = done.bootRecords[0]!
    for (const spoilt of [
      { source: '0' },
      { fileSha256: null },
      { buildId: '0' },
      { kernel: 'other' },
    ]) {
      const again = plan('own', { ...done, bootRecords: [{ ...record, ...spoilt }] }, text)
      expect(again.changes.map(({ kind }) => kind)).toContain('swap-driver')
    }
  })
})

test('without a copy in the initramfs no hook is needed', () => {
  const module = { ...facts.modules['i40e']!, inInitramfs: false }
  const found = plan('i40e-upgrade', { ...facts, modules: { ...facts.modules, i40e: module } })
  expect(found.changes).toHaveLength(3)
  expect(found.conditions.join()).toContain('no boot hook')
})

test('an executable rc.local keeps what it has; RHEL’s is edited where it really is', () => {
  const file = {
    kind: 'file',
    mode: '0755',
    owner: '0:0',
    sha256: 'x',
    text: '#!/bin/bash\ntouch /run/x\n',
  } as const
  const rhel = withFile(
    withFile(facts, '/etc/rc.local', { ...file, realPath: '/etc/rc.d/rc.local' }),
    '/etc/rc.d/rc.local',
    { ...file, realPath: '/etc/rc.d/rc.local' },
  )
  const change = plan('i40e-upgrade', rhel).changes.at(-1)
  expect(change).toMatchObject({ path: '/etc/rc.d/rc.local', mode: '0755' })
  expect(change?.diff).not.toMatch(/^-[^-]/m)
})

test('RHEL’s sleeping template is woken, and stays readable for all', () => {
  const file = {
    kind: 'file',
    mode: '0644',
    owner: '0:0',
    sha256: 'x',
    text: '#!/bin/bash\n# comment\n',
    realPath: '/etc/rc.local',
  } as const
  expect(plan('i40e-upgrade', withFile(facts, '/etc/rc.local', file)).changes.at(-1)).toMatchObject(
    {
      mode: '0755',
      reason: expect.stringContaining('+x'),
    },
  )
})

test('a symlinked interfaces file is written where it really is', () => {
  const file = facts.files['/etc/network/interfaces'] as { kind: 'file' }
  const linked = withFile(facts, '/etc/network/interfaces', {
    ...file,
    realPath: '/srv/etc/interfaces',
  } as never)
  expect(plan('e1000e-flow-control-off', linked).changes[1]).toMatchObject({
    path: '/srv/etc/interfaces',
  })
})

test('a transaction that is still open is a warning', () => {
  const open = plan('i40e-upgrade', { ...facts, openTransactions: ['20260101-i40e pending'] })
  expect(open.warnings.join()).toContain('20260101-i40e pending')
})
