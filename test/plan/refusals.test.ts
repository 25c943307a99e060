import { describe, expect, test } from 'vitest'
import type { Facts, FileFact } from '../../src/model/facts.ts'
import { planHost } from '../../src/plan/plan-host.ts'
import {
  afterUpgrade,
  plan,
  readFacts,
  readPlaybook,
  refusals,
  withFile,
  withHandMade,
  withNic,
} from './make.ts'

const facts = readFacts()
const kernel = facts.kernel
const i40e = facts.modules['i40e']!
const withModule = (change: object): Facts => ({
  ...facts,
  modules: { ...facts.modules, i40e: { ...i40e, ...change } },
})
const interfaces = facts.files['/etc/network/interfaces'] as Extract<FileFact, { kind: 'file' }>
const dkms = `/lib/modules/${kernel}/updates/dkms/i40e.ko`

test.each<[string, string, Facts, RegExp]>([
  [
    'NF2010',
    'i40e-upgrade',
    { ...facts, commands: { ...facts.commands, strip: null, make: null } },
    /^NF2010.*missing {4}make \| missing {4}strip$/,
  ],
  [
    'NF2010, the compiler by its name',
    'i40e-upgrade',
    { ...facts, kernelCompiler: null, commands: { ...facts.commands, 'gcc-12': null } },
    /^NF2010.*missing {4}gcc-12$/,
  ],
  ['NF2011', 'i40e-upgrade', { ...facts, kernelBuild: null, kernelCompiler: null }, /^NF2011/],
  [
    'NF2012',
    'i40e-upgrade',
    { ...facts, free: { '/': 10 ** 7 } },
    /^NF2012.*1 GiB \| found {6}9 MiB/,
  ],
  [
    'virtual functions',
    'i40e-upgrade',
    withNic(facts, 'eno3', { virtualFunctions: 4 }),
    /^NF2020.*vf-in-use.*eno3 has 4/,
  ],
  ['RDMA', 'i40e-upgrade', { ...facts, rdmaLoaded: ['irdma'] }, /^NF2020.*rdma-loaded.*irdma/],
  ['network root', 'i40e-upgrade', { ...facts, rootOnNetwork: true }, /^NF2020.*root-on-network/],
  [
    'Secure Boot',
    'i40e-upgrade',
    { ...facts, unsignedRejected: true },
    /^NF2020.*unsigned-module-rejected/,
  ],
  [
    'a bond',
    'i40e-upgrade',
    { ...facts, bonds: { bond0: ['eno3'] } },
    /^NF2020.*last-bond-member.*bond0: eno3/,
  ],
  [
    'virtual functions that guests hold, named or not',
    'driver-revert',
    withNic(withHandMade(facts), 'eno3', { virtualFunctions: 4, guestFunctions: 2 }),
    /^NF2020.*vf-in-use.*eno3 has 4, guests hold 2/,
  ],
  [
    'a container on a port',
    'i40e-upgrade',
    { ...facts, elsewhere: [{ device: 'eth0', kind: 'macvlan', on: 'eno3', where: 'runc' }] },
    /^NF2020.*child-elsewhere.*macvlan eth0 on eno3 \(runc\)/,
  ],
  [
    'Open vSwitch',
    'i40e-upgrade',
    {
      ...withNic(facts, 'eno3', { master: 'ovs-system', uppers: ['ovs-system'] }),
      layers: { 'ovs-system': { kind: 'openvswitch', lowers: ['eno3'] } },
    },
    /^NF2020.*openvswitch-port.*eno3/,
  ],
  [
    'a cluster, also where a link only blinks',
    'e1000e-flow-control-off',
    { ...facts, clusterDaemons: ['corosync'] },
    /^NF2020.*cluster-member.*corosync/,
  ],
  [
    'a queueing discipline with classes',
    'i40e-upgrade',
    { ...facts, unrestorable: [{ device: 'eno3', what: 'queueing discipline htb' }] },
    /^NF2031.*found {6}queueing discipline htb on eno3/,
  ],
  [
    'a macvtap of a guest, beside the bridge and the VLAN that come back',
    'i40e-upgrade',
    {
      ...withNic(facts, 'eno3', { master: 'vmbr0', uppers: ['vmbr0', 'eno3.20', 'macvtap0'] }),
      layers: {
        vmbr0: { kind: 'bridge', lowers: ['eno3'] },
        'eno3.20': { kind: 'vlan', lowers: ['eno3'] },
        macvtap0: { kind: 'macvtap', lowers: ['eno3'] },
      },
    },
    /^NF2031.*found {6}macvtap0 on eno3/,
  ],
  [
    'a failed rollback',
    'i40e-upgrade',
    { ...facts, openTransactions: ['20260101-i40e failed'] },
    /^NF2020.*20260101-i40e\/MANUAL.txt/,
  ],
  [
    'a second copy',
    'i40e-upgrade',
    withModule({ copies: [...i40e.copies, dkms] }),
    /^NF2031.*dkms/,
  ],
  [
    'a stock module beside its compressed self',
    'i40e-upgrade',
    withModule({ copies: [...i40e.copies, `${i40e.copies[0]}.xz`] }),
    /^NF2031.*\.xz/,
  ],
  [
    'nothing to roll back to',
    'i40e-upgrade',
    withModule({ buildId: 'f'.repeat(40) }),
    /^NF2031.*No file on the disk/,
  ],
  ['no build-id', 'i40e-upgrade', withModule({ buildId: null }), /^NF2031/],
  [
    'another network stack',
    'e1000e-flow-control-off',
    { ...facts, networkStacks: ['systemd-networkd'], udev: 239 },
    /^NF2030.*found {6}systemd-networkd, systemd 239/,
  ],
  [
    'a pending edit',
    'e1000e-flow-control-off',
    { ...facts, pendingInterfaces: true },
    /^NF2030.*interfaces\.new/,
  ],
  [
    'no stanza',
    'e1000e-flow-control-off',
    withFile(facts, '/etc/network/interfaces', {
      ...interfaces,
      text: 'auto lo\n',
    }),
    /^NF2030.*no "iface eno1"/,
  ],
  ['no pause', 'e1000e-flow-control-off', withNic(facts, 'eno1', { pause: null }), /^NF2022/],
  [
    'no such driver',
    'e1000e-flow-control-off',
    withNic(facts, 'eno1', { driver: 'igc' }),
    /^NF2002.*driver e1000e.*eno1 igc.*eno3 i40e/,
  ],
  [
    'rc.local that sleeps',
    'i40e-upgrade',
    withFile(facts, '/etc/rc.local', {
      kind: 'file',
      mode: '0644',
      owner: '0:0',
      sha256: 'a',
      text: '#!/bin/sh\nmodprobe foo\nexit 0\n',
      realPath: '/etc/rc.local',
    }),
    /^NF2030.*not executable/,
  ],
])('%s', (_, name, changed, expected) => {
  const found = refusals(name, changed)
  expect(found).toHaveLength(1)
  expect(found[0]).toMatch(expected)
})

test('all that is wrong comes at once', () => {
  const found = refusals('i40e-upgrade', {
    ...withNic(facts, 'eno3', { virtualFunctions: 2 }),
    kernelBuild: null,
    rdmaLoaded: ['irdma'],
    free: { '/': 0 },
  })
  expect(found.map(line => line.slice(0, 6)).toSorted()).toEqual([
    'NF2011',
    'NF2012',
    'NF2020',
    'NF2020',
  ])
})

const judge = (sources: Parameters<typeof planHost>[3]) => {
  const result = planHost(readPlaybook('i40e-upgrade'), 'h1', facts, sources)
  return 'problems' in result ? result.problems.map(({ code }) => code) : []
}

describe('sources', () => {
  const path = 'drivers/i40e-2.13.10.tar.gz'

  test('unreadable, not looked for, another one', () => {
    expect(judge({ [path]: { error: 'ENOENT' } })).toEqual(['NF2013'])
    expect(judge({})).toEqual(['NF2013'])
    expect(judge({ [path]: { sha256: '0'.repeat(64), size: 3 } })).toEqual(['NF2014'])
  })
})

const own = (match: string, step: string, more = '') => `nicfix: 1
name: own
nics: { match: ${match} }
${more}
steps:
  - ${step}
`
const off = '{ id: live, use: nic.pause, with: { rx: off, tx: off } }'

describe('a playbook of one’s own', () => {
  test('pause off on i40e is refused with the reason', () => {
    expect(refusals('own', facts, own('{ driver: i40e }', off)).join()).toMatch(
      /^NF2022 \| Flow control must not.*README/,
    )
  })

  test('e1000e ignores rx and tx while it negotiates', () => {
    const step = '{ id: live, use: nic.pause, with: { autoneg: on, rx: off, tx: off } }'
    expect(refusals('own', facts, own('{ driver: e1000e }', step))[0]).toMatch(/^NF2022/)
  })

  test('a name that is not there; one that is there under another driver', () => {
    expect(refusals('own', facts, own('{ name: eno9 }', off))[0]).toMatch(
      /^NF2001.*eno1 e1000e.*eno3 i40e/,
    )
    expect(refusals('own', facts, own('{ name: eno3, driver: e1000e }', off))[0]).toMatch(/^NF2002/)
  })

  test('none matched may be fine', () => {
    const text = own('{ driver: ixgbe }', off).replace('} }\n', '}, none-matched: skip }\n')
    expect(plan('own', facts, text)).toMatchObject({
      changes: [],
      conditions: ['no NIC that the playbook is for'],
    })
  })

  test('by PCI address and by id', () => {
    for (const pci of ['0000:01:00.0', '8086:10D3']) {
      expect(plan('own', facts, own(`{ pci: "${pci}" }`, off)).changes).toMatchObject([
        { kind: 'set-nic', pci: '0000:01:00.0' },
      ])
    }
  })

  test('max-outage', () => {
    expect(refusals('own', facts, own('{ driver: e1000e }', off, 'max-outage: 5s'))[0]).toMatch(
      /^NF2021.*5 s.*10 s/,
    )
  })
})

test('a host that is done needs no compiler and minds no virtual functions', () => {
  const done = afterUpgrade(facts, plan('i40e-upgrade', facts))
  const bare = { ...withNic(done, 'eno3', { virtualFunctions: 4 }), kernelBuild: null }
  expect(plan('i40e-upgrade', bare).changes).toEqual([])
})
