import { expect, test } from 'vitest'
import { tinyBios } from '../../src/lab/accel.ts'
import { qemuArguments } from '../../src/lab/qemu.ts'
import { sshArguments } from '../../src/lab/ssh.ts'
import { hostNames, releaseOf, topologyOf } from '../../src/lab/topology.ts'

const topology = topologyOf('h1') ?? expect.unreachable()
const machine = { dir: '/cache/h1', accelerator: 'tcg', topology, port: 2222 } as const

function valuesOf(args: readonly string[], option: string): (string | undefined)[] {
  return args.flatMap((arg, at) => (arg === option ? [args[at + 1]] : []))
}

test('the management port is an onboard e1000e behind a root port, on a closed network', () => {
  const args = qemuArguments(machine, 'disk')
  const devices = valuesOf(args, '-device').join('\n')
  expect(devices).toMatch(/^e1000e,.*bus=port1,.*acpi-index=1$/m)
  expect(devices).toMatch(/^pcie-root-port,id=port1,/m)
  const [ssh, other] = valuesOf(args, '-netdev')
  expect(ssh).toContain('restrict=on')
  expect(ssh).toContain('hostfwd=tcp:127.0.0.1:2222-10.0.2.15:22')
  expect(other).toContain('restrict=on')
  expect(other).not.toContain('hostfwd')
})

test('a snapshot is loaded into the very same machine', () => {
  const fromDisk = qemuArguments(machine, 'disk')
  expect(qemuArguments(machine, 'snapshot')).toEqual([...fromDisk, '-loadvm', 'ready'])
})

test('the accelerator is the one asked for, and the serial chooses the topology', () => {
  expect(valuesOf(qemuArguments(machine, 'disk'), '-accel')).toEqual(['tcg,thread=multi'])
  expect(valuesOf(qemuArguments({ ...machine, accelerator: 'kvm' }, 'disk'), '-accel')).toEqual([
    'kvm',
  ])
  expect(valuesOf(qemuArguments(machine, 'disk'), '-smbios')).toEqual([
    'type=1,serial=x710-two-ports',
  ])
})

test('all hosts have a topology with both ports', () => {
  for (const name of hostNames) {
    expect(Object.keys(topologyOf(name)?.links ?? {})).toEqual(
      expect.arrayContaining(['eno1', 'eno3']),
    )
  }
})

test('hosts run the standard release but for one of each other', () => {
  const names = hostNames.map(name => releaseOf(name)?.name)
  const standards = names.filter(name => name === 'debian-12')
  expect(names).toEqual([...standards, 'debian-11', 'debian-13'])
})

test('the tiny guest starts at the reset vector with a jump to its code', () => {
  const bios = tinyBios()
  expect(bios.length).toBe(65536)
  expect(bios[0xfff0]).toBe(0xe9)
  expect(0xfff3 + bios.readInt16LE(0xfff1)).toBe(0xff00)
  expect(bios.readUInt32LE(0xff02)).toBe(10_000_000)
})

test('ssh trusts one host key and offers one login key', () => {
  const login = {
    address: '127.0.0.1',
    port: 2222,
    user: 'root',
    keyFile: '/k/login',
    knownHostsFile: '/h1/known_hosts',
  }
  const args = sshArguments(login).join(' ')
  expect(args).toContain('-F /dev/null -i /k/login')
  expect(args).toContain('StrictHostKeyChecking=yes')
  expect(args).toContain('UserKnownHostsFile=/h1/known_hosts')
  expect(args).toContain('GlobalKnownHostsFile=/dev/null')
  expect(args).toMatch(/-p 2222 root@127\.0\.0\.1$/)
})
