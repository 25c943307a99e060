import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { targetOf } from '../../src/actions/driver.ts'
import { parseFacts } from '../../src/facts/probe.ts'
import type { BootRecord, Facts, FileFact, Nic } from '../../src/model/facts.ts'
import type { HostPlan } from '../../src/model/plan.ts'
import type { LoadedPlaybook } from '../../src/model/playbook.ts'
import { planHost } from '../../src/plan/plan-host.ts'
import { loadPlaybook } from '../../src/playbook/load.ts'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

export const sha256 = 'b10ac5f7c0c98ac720422b6685993b9fa51a1dd8cc8627d5fb246e42d728e8d5'
/** The sources that the playbooks name by default. */
export const sources = {
  'drivers/i40e-2.13.10.tar.gz': { sha256, size: 4422 },
  'drivers/e1000e-3.8.7.tar.gz': { sha256, size: 201_514 },
}

/** Facts of the lab host, fresh from its image. */
export function readFacts(): Facts {
  const facts = parseFacts(read('test/fixtures/facts/h1.txt'))
  if ('code' in facts) throw new Error(facts.message)
  return facts
}

/** A playbook of the catalogue, or a text of one's own. */
export function readPlaybook(name: string, text?: string): LoadedPlaybook {
  const path = `playbooks/${name}.yaml`
  const commandLine = text === undefined ? valuesFor(name) : {}
  const result = loadPlaybook(text ?? read(path), path, { commandLine })
  if ('problems' in result) throw new Error(result.problems.map(each => each.message).join('\n'))
  return result.loaded
}

/** What a playbook of the catalogue has to be told. */
function valuesFor(name: string): Record<string, string> {
  if (name.endsWith('-upgrade')) return { sha256 }
  if (name === 'driver-revert') return { driver: 'i40e' }
  return ['ring-max', 'eee-off'].includes(name) ? { nic: 'eno1' } : {}
}

export function plan(name: string, facts: Facts, text?: string): HostPlan {
  const result = planHost(readPlaybook(name, text), 'h1', facts, sources)
  if ('problems' in result) throw new Error(JSON.stringify(result.problems, null, 1))
  return result.plan
}

/** Codes of the problems that stand against a plan, with their details. */
export function refusals(name: string, facts: Facts, text?: string): string[] {
  const result = planHost(readPlaybook(name, text), 'h1', facts, sources)
  if ('plan' in result) return []
  return result.problems.map(each => [each.code, each.message, ...each.details].join(' | '))
}

/** The same facts with some of one port's changed. */
export function withNic(facts: Facts, name: string, change: Partial<Nic>): Facts {
  return {
    ...facts,
    nics: facts.nics.map(nic => (nic.name === name ? { ...nic, ...change } : nic)),
  }
}

export function withFile(facts: Facts, path: string, file: FileFact): Facts {
  return { ...facts, files: { ...facts.files, [path]: file } }
}

export const builtId = 'ef094498556b98992da06405d1c1b1774916b7d0'
const builtSha = '944c7e21ae021badb7316a8b943d6e04dad46e29bfe3c31bda3470a9ec95970c'

/** The facts after i40e-upgrade has been applied: what a host says that has been through it. */
export function afterUpgrade(facts: Facts, hostPlan: HostPlan): Facts {
  const path = targetOf(facts.kernel, 'i40e')
  const record: BootRecord = {
    module: 'i40e',
    kernel: facts.kernel,
    version: '2.13.10',
    file: path,
    sha256: builtSha,
    buildId: builtId,
    source: sha256,
    fileSha256: builtSha,
  }
  const module = facts.modules['i40e']!
  const loaded = {
    ...module,
    version: '2.13.10',
    buildId: builtId,
    file: path,
    fileBuildId: builtId,
    copies: [...module.copies, path],
    copyBuildIds: { ...module.copyBuildIds, [path]: builtId },
  }
  const files = writtenFiles(hostPlan, builtSha)
  return {
    ...withNic(facts, 'eno3', { version: '2.13.10' }),
    modules: { ...facts.modules, i40e: loaded },
    files: { ...facts.files, ...files },
    bootRecords: [record],
  }
}

/** Where somebody has put a driver by hand. */
export const handMade = '/lib/modules/6.1.0-50-amd64/updates/i40e.ko'

/** The facts of a host on which a driver that was put there by hand is loaded, and preferred by depmod. */
export function withHandMade(facts: Facts): Facts {
  const module = facts.modules['i40e']!
  const loaded = {
    ...module,
    version: '2.13.10',
    buildId: builtId,
    file: handMade,
    fileBuildId: builtId,
    copies: [...module.copies, handMade],
    copyBuildIds: { ...module.copyBuildIds, [handMade]: builtId },
    inInitramfs: false,
  }
  const attributes = { kind: 'file', mode: '0644', owner: '0:0', realPath: handMade } as const
  return {
    ...withNic(facts, 'eno3', { version: '2.13.10' }),
    modules: { ...facts.modules, i40e: loaded },
    files: { ...facts.files, [handMade]: { ...attributes, sha256: builtSha, text: null } },
  }
}

/** Every file that the plan writes, as it then is. */
export function writtenFiles({ changes }: HostPlan, built: string): Record<string, FileFact> {
  return Object.fromEntries(
    changes.flatMap(change => {
      if (change.kind !== 'write-file') return []
      const { path, mode, owner, content } = change
      const text = 'text' in content ? content.text : null
      const hash = text === null ? built : hashOf(text)
      return [[path, { kind: 'file' as const, mode, owner, sha256: hash, text, realPath: path }]]
    }),
  )
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
