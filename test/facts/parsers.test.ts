import { describe, expect, test } from 'vitest'
import { addresses } from '../../src/facts/addresses.ts'
import { bonds } from '../../src/facts/bonds.ts'
import { parseDriverInfo, parsePause } from '../../src/facts/ethtool.ts'
import { files } from '../../src/facts/files.ts'
import { free } from '../../src/facts/free.ts'
import { kernel } from '../../src/facts/kernel.ts'
import { modules, parseBuildIdNote } from '../../src/facts/modules.ts'
import { nics } from '../../src/facts/nics.ts'
import { routes } from '../../src/facts/routes.ts'
import { ssh } from '../../src/facts/ssh.ts'
import { stacks } from '../../src/facts/stacks.ts'
import { state } from '../../src/facts/state.ts'
import { storage } from '../../src/facts/storage.ts'
import { system } from '../../src/facts/system.ts'

describe('ethtool -a', () => {
  test.each([
    [
      'over ioctl (before 5.8)',
      'Pause parameters for eno1:\nAutonegotiate:\ton\nRX:\t\toff\nTX:\t\toff\nRX negotiated:\ton\nTX negotiated:\ton\n',
      { autoneg: true, rx: false, tx: false },
    ],
    [
      'over netlink',
      'Pause parameters for eno1:\nAutonegotiate:\ton\nRX:\t\ton\nTX:\t\ton\nRX negotiated: off\nTX negotiated: off\n',
      { autoneg: true, rx: true, tx: true },
    ],
    [
      'with statistics',
      'Pause parameters for eno1:\nAutonegotiate:\toff\nRX:\t\toff\nTX:\t\ton\nStatistics:\n  tx_pause_frames: 3\n',
      { autoneg: false, rx: false, tx: true },
    ],
    ['not supported', 'netlink error: Operation not supported\n', null],
    ['nothing', '', null],
  ])('%s', (_, text, expected) => {
    expect(parsePause(text)).toEqual(expected)
  })
})

test('ethtool -i of an old driver', () => {
  const text =
    'driver: i40e\nversion: 1.6.27-k\nfirmware-version: 3.33 0x80000e48 1.1876.0\nbus-info: 0000:1a:00.2\n'
  expect(parseDriverInfo(text)).toEqual({
    driver: 'i40e',
    version: '1.6.27-k',
    firmware: '3.33 0x80000e48 1.1876.0',
    bus: '0000:1a:00.2',
  })
})

test('a port without a link, in a bond, under VLANs', () => {
  const body = `nic ens1f1
pci 0000:3b:00.1
vendor 0x8086
device 0x1572
vfs 4
address 3c:fd:fe:00:00:02
flags 0x1803
carrier 0
speed 4294967295
duplex unknown
mtu 9000
driver i40e
master bond0
upper bond0
upper bond0.20
upper bond0
info driver: i40e
info version: 2.8.20-k
`
  expect(nics.parse(body)).toMatchObject([
    {
      name: 'ens1f1',
      pciId: '8086:1572',
      up: true,
      carrier: false,
      speed: null,
      duplex: null,
      mtu: 9000,
      master: 'bond0',
      uppers: ['bond0', 'bond0.20'],
      pause: null,
      virtualFunctions: 4,
    },
  ])
})

test('ip -o addr: no link-local, no temporary ones; peers and VLAN parents', () => {
  const body = [
    '1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever preferred_lft forever',
    '2: eno1    inet 10.0.0.11/24 brd 10.0.0.255 scope global eno1\\       valid_lft forever',
    '2: eno1    inet6 fe80::5054:ff:fe00:1/64 scope link \\       valid_lft forever',
    '2: eno1    inet6 2001:db8::9/64 scope global temporary dynamic \\       valid_lft 1sec',
    '2: eno1    inet6 2001:db8::1/64 scope global \\       valid_lft forever',
    '5: eno1.20@eno1    inet 10.20.0.1 peer 10.20.0.2/32 scope global eno1.20\\       valid_lft forever',
  ].join('\n')
  expect(addresses.parse(body)).toEqual({
    lo: ['127.0.0.1/8'],
    eno1: ['10.0.0.11/24', '2001:db8::1/64'],
    'eno1.20': ['10.20.0.1/32'],
  })
})

test('default routes: both families, several ways, none twice', () => {
  const body = `default via 10.0.0.1 dev vmbr0 proto kernel onlink
default dev tun0 scope link
default proto static metric 100
	nexthop via 10.1.0.1 dev bond0 weight 1
default via fe80::1 dev vmbr0 proto ra metric 1024 pref medium
default via fe80::1 dev vmbr0 proto ra metric 1024 pref medium
`
  expect(routes.parse(body)).toEqual([
    { via: '10.0.0.1', device: 'vmbr0' },
    { via: null, device: 'tun0' },
    { via: '10.1.0.1', device: 'bond0' },
    { via: 'fe80::1', device: 'vmbr0' },
  ])
})

test('bonds', () => {
  expect(bonds.parse('bond0 ens1f0 ens1f1\nbond1 \n')).toEqual({
    bond0: ['ens1f0', 'ens1f1'],
    bond1: [],
  })
})

test('the way back to the controller goes through bridge and bond', () => {
  const body =
    'client 10.0.0.5\nunder vmbr0\nunder bond0\nunder ens1f0\nunder ens1f1\nunder ens1f0\ndefault eno9\n'
  expect(ssh.parse(body)).toEqual({
    client: '10.0.0.5',
    under: ['vmbr0', 'bond0', 'ens1f0', 'ens1f1'],
    hostKeys: [],
  })
  expect(ssh.parse('')).toEqual({ client: null, under: [], hostKeys: [] })
})

test("the host's own keys are known by the fingerprints that ssh-keygen shows", () => {
  // ssh-keygen -lf of that very file.
  const body =
    'key AAAAC3NzaC1lZDI1NTE5AAAAIJ6PXzBvGM8xC0m1Q0x4hq3oS9p0m3rN0mF0o1q2v3w4\nkey AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n'
  expect(ssh.parse(body).hostKeys).toEqual([
    'SHA256:VWRSy1gX5dGyeeSQRZkZ7E3uGWlzysDyVVfU/+V/kso',
    'SHA256:ZkAslGjFiUHdGf/WUL8rQvkib4PTvQatUV0OUQSncCA',
  ])
})

test('stacks', () => {
  const body =
    'stack ifupdown2\nstack NetworkManager\npending yes\npause /etc/NetworkManager/system-connections/a b\nudev 252 (252.39-1~deb12u1)\n'
  expect(stacks.parse(body)).toEqual({
    networkStacks: ['ifupdown2', 'NetworkManager'],
    pendingInterfaces: true,
    pauseElsewhere: ['/etc/NetworkManager/system-connections/a b'],
    udev: 252,
  })
})

test.each([
  ['249', 249],
  ['3.2.12', null],
  ['', null],
])("the version of systemd's udev in %j", (text, udev) => {
  expect(stacks.parse(`udev ${text}\n`)).toMatchObject({ udev })
})

test.each([
  ['Permanent address: 52:54:00:6E:69:01', '52:54:00:6e:69:01'],
  ['Permanent address: not set', null],
  ['Permanent address: 00:00:00:00:00:00', null],
])('%s', (line, permanentMac) => {
  const body = `nic eno1\npci 0000:01:00.0\npermanent ${line}\nlink /run/x.link\n`
  expect(nics.parse(body)[0]).toMatchObject({ permanentMac, linkFile: '/run/x.link' })
})

test.each([
  [
    'build /lib/modules/6.1.0/build\ncompiler gcc-12\ncompiler-path \nenforce N\nlockdown [none] integrity',
    null,
    false,
  ],
  ['compiler-path /usr/bin/gcc\ncompiler gcc\nenforce Y\nlockdown ', 'gcc', true],
  ['enforce N\nlockdown none [integrity] confidentiality', null, true],
])('kernel %#', (body, kernelCompiler, unsignedRejected) => {
  expect(kernel.parse(body)).toMatchObject({ kernelCompiler, unsignedRejected })
})

test('df: long device names, and less than nothing', () => {
  const body = `/ /dev/mapper/pve-root 98497780 10000000 83450000 11% /
/etc overlay on disk 98497780 10000000 -5 100% /
/lib/modules df: no such file
`
  expect(free.parse(body)).toEqual({ '/': 83_450_000 * 1024, '/etc': 0 })
})

test.each([
  ['root ext4 /dev/sda1', false],
  ['root overlay overlay', false],
  ['root rootfs rootfs\nroot nfs4 10.0.0.1:/export', true],
  ['root ext4 /dev/nbd0p1', true],
  ['root ext4 /dev/sda1\nfabric pcie', false],
  ['root ext4 /dev/nvme0n1\nfabric tcp', true],
  ['root ext4 /dev/sda1\nfabric iscsi', true],
])('%j: root on the network %s', (body, expected) => {
  expect(storage.parse(body)).toEqual({ rootOnNetwork: expected, rdmaLoaded: [] })
})

describe('state', () => {
  const record = `record i40e
is-module i40e
is-kernel 6.1.0-50-amd64
is-version 2.13.10
is-file /lib/modules/6.1.0-50-amd64/updates/i40e.ko
is-sha256 aa
is-build-id bb
is-source cc
is-options
is-former /lib/modules/6.1.0-50-amd64/kernel/i40e.ko
`
  test('a record, transactions, and plans that were applied', () => {
    const run = 'transaction 20260101-0000-i40e pending\napplied sha256:ab once\n'
    expect(state.parse(`${record}now aa\n${run}`)).toEqual({
      bootRecords: [
        {
          module: 'i40e',
          kernel: '6.1.0-50-amd64',
          version: '2.13.10',
          file: '/lib/modules/6.1.0-50-amd64/updates/i40e.ko',
          sha256: 'aa',
          buildId: 'bb',
          source: 'cc',
          fileSha256: 'aa',
        },
      ],
      openTransactions: ['20260101-0000-i40e pending'],
      appliedPlans: ['sha256:ab once'],
    })
  })

  test('the file is gone; a torn record is none', () => {
    expect(state.parse(`${record}now \n`).bootRecords[0]?.fileSha256).toBeNull()
    expect(state.parse('record i40e\nis-module i40e\nnow \n').bootRecords).toEqual([])
  })
})

describe('files', () => {
  const sha = 'a'.repeat(64)
  const block = (path: string, base64: string) =>
    `path ${path}\nkind file\nreal ${path}\nmode 644\nowner 0:0\nsha256 ${sha}\nbase64 =${base64}\n`

  test('text, an empty file, bytes that are no text, a directory, a name with blanks', () => {
    const body = `${block('/etc/network/interfaces', 'YXV0byBsbwo=')}${block('/etc/a b', '')}${block('/etc/x', '/w==')}path /etc/d\nkind directory\npath /etc/none\nkind absent\n`
    expect(files.parse(body)).toMatchObject({
      '/etc/network/interfaces': { kind: 'file', text: 'auto lo\n', mode: '0644', owner: '0:0' },
      '/etc/a b': { kind: 'file', text: '' },
      '/etc/x': { kind: 'file', text: null },
      '/etc/d': { kind: 'other', what: 'directory' },
      '/etc/none': { kind: 'absent' },
    })
  })
})

describe('modules', () => {
  test('a build-id note', () => {
    const hex = '040000001400000003000000474e550051762862df3c370eb99ce6f94005d62447a108e6'
    expect(parseBuildIdNote(hex)).toBe('51762862df3c370eb99ce6f94005d62447a108e6')
    expect(parseBuildIdNote('')).toBeNull()
    expect(parseBuildIdNote(hex.replace('474e', '584e'))).toBeNull()
  })

  test('two copies, the second chosen; options; no initramfs to look into', () => {
    const body = `module i40e
version 2.13.10
taint OE
note
holder irdma
file /lib/modules/K/updates/i40e.ko
option max_vfs=0
copy /lib/modules/K/kernel/i40e.ko.xz
kind file
sha256 ${'1'.repeat(64)}
copy-id aaaa
copy-vermagic K SMP
copy /lib/modules/K/updates/i40e.ko
kind file
sha256 ${'2'.repeat(64)}
copy-id bbbb
copy-vermagic K SMP mod_unload
`
    expect(modules.parse(body).modules['i40e']).toEqual({
      name: 'i40e',
      version: '2.13.10',
      buildId: null,
      taint: 'OE',
      holders: ['irdma'],
      file: '/lib/modules/K/updates/i40e.ko',
      fileBuildId: 'bbbb',
      fileVermagic: 'K SMP mod_unload',
      copies: ['/lib/modules/K/kernel/i40e.ko.xz', '/lib/modules/K/updates/i40e.ko'],
      copyBuildIds: {
        '/lib/modules/K/kernel/i40e.ko.xz': 'aaaa',
        '/lib/modules/K/updates/i40e.ko': 'bbbb',
      },
      options: 'max_vfs=0',
      inInitramfs: null,
    })
    expect(Object.keys(modules.parse(body).files)).toHaveLength(2)
  })
})

test('os-release with quotes; no machine id', () => {
  const body = `boot b\nkernel 3.10.0-693.el7.x86_64\narch x86_64\nuptime 12.34 20.1\nos-PRETTY_NAME "CentOS Linux 7 (Core)"\nos-ID "centos"\nos-VERSION_ID '7'\n`
  expect(system.parse(body)).toEqual({
    machineId: '',
    bootId: 'b',
    kernel: '3.10.0-693.el7.x86_64',
    arch: 'x86_64',
    os: { id: 'centos', version: '7', name: 'CentOS Linux 7 (Core)' },
    uptimeSeconds: 12,
    systemd: false,
  })
})
