import { describe, expect, it } from 'vitest'
import type { Facts, Module, Nic } from '../../src/model/facts.ts'
import type { HostPlan, SwapDriver } from '../../src/model/plan.ts'
import { trialMisses } from '../../src/run/expect.ts'
import { plan } from './setup.ts'

const nic: Nic = {
  name: 'eno1',
  pci: '0000:01:00.0',
  pciId: '8086:1572',
  mac: '52:54:00:00:00:01',
  permanentMac: '52:54:00:00:00:01',
  linkFile: null,
  driver: 'i40e',
  version: '2.8.20-k',
  firmware: '',
  up: true,
  carrier: true,
  speed: 10_000,
  duplex: 'full',
  mtu: 9000,
  master: null,
  uppers: ['eno1.5', 'vmbr0'],
  addresses: ['10.0.0.1/24'],
  pause: { autoneg: true, rx: true, tx: true },
  offloads: {},
  ring: null,
  eee: null,
  virtualFunctions: 0,
  guestFunctions: 0,
}

const facts = (changed: Partial<Nic> = {}, more: Partial<Facts> = {}): Facts =>
  ({
    machineId: 'm1',
    bootId: 'b1',
    kernel: '6.1.0',
    nics: [{ ...nic, ...changed }],
    modules: { i40e: { name: 'i40e', buildId: 'aa' } as Module },
    defaultRoutes: [{ via: '10.0.0.254', device: 'vmbr0' }],
    ...more,
  }) as Facts

const swap = {
  id: '02',
  kind: 'swap-driver',
  phase: 'trial',
  module: 'i40e',
  version: '2.13.10',
  source: { from: '01' },
  ports: [nic.pci],
} as unknown as SwapDriver
const swapPlan: HostPlan = { ...plan, changes: [swap] }
const outputs = { '01': { 'build-id': 'bb' } }
const tried = { version: '2.13.10' }
const newModule = { modules: { i40e: { name: 'i40e', buildId: 'bb' } as Module } }

describe('a trial of a driver', () => {
  it('may be confirmed when the driver is the built one and all else is as before', () => {
    const after = facts({ ...tried, uppers: ['vmbr0', 'eno1.5'] }, newModule)
    expect(trialMisses(swapPlan, outputs, facts(), after)).toEqual([])
  })

  it.each([
    ['the old version', facts({}, newModule), 'eno1 runs i40e 2.8.20-k, not 2.13.10'],
    ['another build', facts(tried), 'the loaded i40e is not the build that was wanted'],
    ['no driver', facts(tried, { modules: {} }), 'driver i40e is not loaded'],
    ['no port', facts({}, { ...newModule, nics: [] }), 'eno1 (0000:01:00.0) is gone'],
    ['another name', facts({ ...tried, name: 'eth0' }, newModule), 'eno1 name: was eno1, is eth0'],
    ['no link', facts({ ...tried, carrier: false }, newModule), 'eno1 has no link'],
    ['no address', facts({ ...tried, addresses: [] }, newModule), 'eno1 addresses'],
    ['another MTU', facts({ ...tried, mtu: 1500 }, newModule), 'eno1 MTU: was 9000, is 1500'],
    ['no VLAN', facts({ ...tried, uppers: ['vmbr0'] }, newModule), 'eno1 stacked devices'],
    ['no route', facts(tried, { ...newModule, defaultRoutes: [] }), 'default route: was'],
    ['another boot', facts(tried, { ...newModule, bootId: 'b2' }), 'bootId: was b1, is b2'],
  ])('may not with %s', (_name, after, line) => {
    const misses = trialMisses(swapPlan, outputs, facts(), after)
    expect(misses.some(each => each.startsWith(line))).toBe(true)
  })
})

describe('a trial of a setting', () => {
  it('is judged by what the port says', () => {
    const off = facts({ pause: { autoneg: false, rx: false, tx: false } })
    expect(trialMisses(plan, {}, facts(), off)).toEqual([])
    expect(trialMisses(plan, {}, facts(), facts())).toEqual([
      'pause of eno1 is autoneg on rx on tx on, not autoneg off rx off tx off',
    ])
    expect(trialMisses(plan, {}, facts(), facts({ pause: null }))).toHaveLength(1)
  })
})
