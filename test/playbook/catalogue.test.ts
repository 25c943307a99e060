import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { codes, digest, loaded } from './write.ts'

function read(name: string): string {
  return readFileSync(new URL(`../../playbooks/${name}.yaml`, import.meta.url), 'utf8')
}

describe('the catalogue', () => {
  it.each([
    ['e1000e-flow-control-off', {}, undefined, ['nic.pause', 'nic.persist']],
    ['offload-off', {}, undefined, ['nic.offload', 'nic.persist']],
    ['ring-max', { nic: 'eno1' }, undefined, ['nic.ring', 'nic.persist']],
    ['eee-off', { nic: 'eno1' }, undefined, ['nic.eee', 'nic.persist']],
    ['driver-revert', { driver: 'i40e' }, undefined, ['driver.stock', 'driver.remove']],
    [
      'e1000e-upgrade',
      { sha256: digest },
      ['in-tree', '<3.8.7'],
      ['driver.build', 'driver.trial', 'driver.install', 'driver.boot-hook'],
    ],
    [
      'i40e-upgrade',
      { sha256: digest },
      '<2.13.10',
      ['driver.build', 'driver.trial', 'driver.install', 'driver.boot-hook'],
    ],
  ])('loads: %s', (name, commandLine, version, uses) => {
    const { playbook } = loaded(read(name), commandLine)
    expect(playbook.name).toBe(name)
    expect(playbook.nics.match.version).toEqual(version)
    expect(playbook.steps.map(each => each.use)).toEqual(uses)
  })

  it.each(['e1000e-upgrade', 'i40e-upgrade'])('asks for the digest of the source: %s', name => {
    expect(codes(read(name))).toEqual(['NF1010'])
  })

  it('follows the version that is asked for', () => {
    const { playbook } = loaded(read('i40e-upgrade'), {
      sha256: digest.toUpperCase(),
      version: '2.19.3',
    })
    expect(playbook.nics.match.version).toBe('<2.19.3')
    expect(playbook.steps[0]?.with).toEqual({
      source: 'drivers/i40e-2.19.3.tar.gz',
      sha256: digest,
      module: 'i40e',
      version: '2.19.3',
    })
  })
})
