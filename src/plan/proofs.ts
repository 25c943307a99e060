import { identify, lookUp } from '../actions/context.ts'
import { isStock } from '../actions/driver.ts'
import { wordsNow } from '../actions/setting.ts'
import { sha256 } from '../actions/text.ts'
import { isRelease } from '../facts/version.ts'
import type { Facts, Nic } from '../model/facts.ts'
import type { Change, HostPlan, SetNic } from '../model/plan.ts'

/** One thing that was compared: `ok` where found is what was expected. `text` says it in one line for people. */
export type Proof = {
  readonly name: string
  readonly ok: boolean
  readonly expected: string
  readonly found: string
  readonly text: string
}

/** The last word after an apply: what was wanted is there, and nothing else has moved. Facts from before and after. */
export function proofs({ changes }: HostPlan, before: Facts, after: Facts): Proof[] {
  return [
    ...changes.flatMap(change => proveChange(change, after)),
    ...proveUntouched(before, after),
  ]
}

/**
 * The last word after a rollback: everything that the plan would have changed is as it was before the run, and the rest
 * as it was when the rollback began. Those differ when a run that had ended well is taken back days later.
 */
export function rollbackProofs(
  { changes }: HostPlan,
  before: Facts,
  after: Facts,
  begun: Facts = before,
): Proof[] {
  return [
    ...changes.flatMap(change => proveUndone(change, before, after)),
    ...proveUntouched(begun, after),
  ]
}

function proveChange(change: Change, after: Facts): Proof[] {
  switch (change.kind) {
    case 'build-module':
      return []
    case 'swap-driver':
      return proveDriver(change, after)
    case 'set-nic':
      return [
        prove(
          `${change.setting} of ${nameOf(change.pci, after)}`,
          change.want,
          showSetting(change, change.want, after),
        ),
      ]
    case 'write-file':
      return proveFile(change, after)
    // The host has run the playbook's own proof; its facts know nothing of it.
    case 'run-command':
      return []
  }
}

function proveDriver(change: Extract<Change, { kind: 'swap-driver' }>, after: Facts): Proof[] {
  const { version, source } = change
  const versions = change.ports.map(pci => {
    const found = after.nics.find(nic => nic.pci === pci)?.version ?? 'no such port'
    const ok = version === '' || isRelease(found, version, after.kernel)
    return conclude(`driver of ${nameOf(pci, after)} by ethtool -i`, ok, version || 'any', found)
  })
  const module = after.modules[change.module]
  // The record says what was built; without one (no hook was needed) the installed file does.
  const record = after.bootRecords.find(
    each => each.module === change.module && each.kernel === after.kernel,
  )
  const built = record?.buildId ?? module?.fileBuildId ?? 'not known'
  const wanted = 'from' in source ? built : source.buildId
  return [
    ...versions,
    prove(`loaded build of ${change.module}`, wanted, module?.buildId ?? 'not loaded'),
  ]
}

function proveFile(change: Extract<Change, { kind: 'write-file' }>, after: Facts): Proof[] {
  const { path, mode, owner, content } = change
  const { file } = lookUp(after, path)
  if ('instead' in content) return proveGone(path, content.instead, after)
  const attributes = prove(
    `mode and owner of ${path}`,
    `${mode} ${owner}`,
    file.kind === 'file' ? `${file.mode} ${file.owner}` : file.kind,
  )
  if ('text' in content) {
    return [prove(`sha256 of ${path}`, sha256(content.text), identify(after, path)), attributes]
  }
  const record = after.bootRecords.find(
    each =>
      (content.output === 'record' ? path.endsWith(`/${each.module}`) : each.file === path) &&
      each.kernel === after.kernel,
  )
  if (content.output === 'record')
    return [
      prove(`boot record ${path}`, record?.sha256 ?? 'a record', record?.fileSha256 ?? 'none'),
      attributes,
    ]
  const module = Object.values(after.modules).find(each => each.copies.includes(path))
  return [
    prove(
      `sha256 of ${path}`,
      record?.sha256 ?? 'a file',
      record ? identify(after, path) : module ? 'a file' : 'none',
    ),
    prove(`next driver to load`, path, module?.file ?? 'another one'),
    prove(
      `build-id of ${path}`,
      module?.buildId ?? 'the loaded one',
      module?.copyBuildIds[path] ?? 'none',
    ),
    attributes,
  ]
}

function proveGone(path: string, instead: string, after: Facts): Proof[] {
  const next = Object.values(after.modules).find(({ copies }) => copies.includes(instead))
  return [
    prove(path, 'absent', identify(after, path)),
    prove('next driver to load', instead, next?.file ?? 'another one'),
  ]
}

function proveUndone(change: Change, before: Facts, after: Facts): Proof[] {
  switch (change.kind) {
    case 'build-module':
    case 'run-command':
      return []
    case 'swap-driver':
      return [
        prove(
          `loaded build of ${change.module}`,
          change.formerBuildId,
          after.modules[change.module]?.buildId ?? 'not loaded',
        ),
        ...change.ports.map(pci =>
          prove(
            `driver of ${nameOf(pci, before)} by ethtool -i`,
            versionOf(pci, before),
            versionOf(pci, after),
          ),
        ),
      ]
    case 'set-nic':
      return [
        prove(
          `${change.setting} of ${nameOf(change.pci, before)}`,
          change.before,
          showSetting(change, change.before, after),
        ),
      ]
    case 'write-file':
      return [
        prove(change.path, describeFile(before, change.path), describeFile(after, change.path)),
      ]
  }
}

/** What no plan may ever change. */
function proveUntouched(before: Facts, after: Facts): Proof[] {
  const stock = Object.values(before.modules).flatMap(module =>
    module.copies.filter(path => isStock(path, before.kernel)),
  )
  return [
    prove('same boot of the host', before.bootId, after.bootId),
    ...before.initramfs.map(image =>
      prove(
        image.path,
        image.sha256,
        after.initramfs.find(each => each.path === image.path)?.sha256 ?? 'gone',
      ),
    ),
    prove(
      'number of initramfs files',
      String(before.initramfs.length),
      String(after.initramfs.length),
    ),
    ...stock.map(path => prove(path, identify(before, path), identify(after, path))),
    ...before.nics.map(nic =>
      prove(
        `${nic.name} at ${nic.pci}`,
        describeNic(nic, nic),
        describeNic(
          after.nics.find(each => each.pci === nic.pci),
          nic,
        ),
      ),
    ),
    prove('default routes', showRoutes(before), showRoutes(after)),
  ]
}

function conclude(name: string, ok: boolean, expected: string, found: string): Proof {
  return { name, ok, expected, found, text: ok ? found : `expected ${expected}, found ${found}` }
}

function prove(name: string, expected: string, found: string): Proof {
  return conclude(name, expected === found, expected, found)
}

/** What must be as before on a port. A link that was there must be there; one that was not may have come. */
function describeNic(nic: Nic | undefined, before: Nic): string {
  if (!nic) return 'gone'
  const link = before.carrier ? (nic.carrier ? ['link'] : ['no link']) : []
  const master = nic.master === null ? [] : [`port of ${nic.master}`]
  const uppers = nic.uppers.length === 0 ? [] : [`under ${nic.uppers.toSorted().join(' ')}`]
  return [
    nic.name,
    nic.mac,
    nic.up ? 'up' : 'down',
    ...link,
    `mtu ${nic.mtu}`,
    ...master,
    ...uppers,
    ...nic.addresses,
  ].join(' ')
}

function describeFile(facts: Facts, path: string): string {
  const { file } = lookUp(facts, path)
  return file.kind === 'file' ? `${file.sha256} ${file.mode} ${file.owner}` : file.kind
}

function showRoutes(facts: Facts): string {
  const routes = facts.defaultRoutes.map(
    ({ via, device }) => `${via === null ? '' : `via ${via} `}dev ${device}`,
  )
  return routes.toSorted().join(', ') || 'none'
}

function showSetting({ pci, setting }: SetNic, like: string, facts: Facts): string {
  const nic = facts.nics.find(each => each.pci === pci)
  return nic ? wordsNow(nic, setting, like) : 'no such port'
}

function versionOf(pci: string, facts: Facts): string {
  return facts.nics.find(nic => nic.pci === pci)?.version ?? 'no such port'
}

function nameOf(pci: string, facts: Facts): string {
  return facts.nics.find(nic => nic.pci === pci)?.name ?? pci
}
