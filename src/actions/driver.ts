import type { BootRecord, Facts, Module } from '../model/facts.ts'
import type { StepOf } from '../model/playbook.ts'
import { isRelease } from '../facts/version.ts'
import { portsOf } from './context.ts'

type Build = StepOf<'driver.build'>['with']

/** Where a driver of ours is installed: depmod.d(5) ranks updates/ over kernel/, so the stock file stays as it is. */
export function targetOf(kernel: string, module: string): string {
  return `/lib/modules/${kernel}/updates/drivers/net/ethernet/intel/${module}/${module}.ko`
}

/** Does the path lie where the kernel's own package puts its modules? Nothing of ours is ever written there. */
export function isStock(path: string, kernel: string): boolean {
  const folder = `/lib/modules/${kernel}/kernel/`
  return path.startsWith(folder) || path.startsWith(`/usr${folder}`)
}

/** Copies of the module beside the kernel's own one and ours: with them depmod's choice is a matter of luck. */
export function strangers(module: Module, kernel: string): string[] {
  const target = targetOf(kernel, module.name)
  const isOurs = (path: string) => path === target || path === `/usr${target}`
  const stock = module.copies.filter(path => isStock(path, kernel))
  return module.copies.filter(path => !isOurs(path) && path !== stock[0])
}

/** The record that an earlier run left for this module and the running kernel. */
export function findRecord(facts: Facts, module: string): BootRecord | null {
  return (
    facts.bootRecords.find(record => record.module === module && record.kernel === facts.kernel) ??
    null
  )
}

/**
 * Is the very driver that the step would build loaded, installed, and due at the next boot? By version, by the
 * build-id of the loaded code, and by the record of what it was built from. Without a record (no boot hook was needed)
 * the file that depmod prefers has to be ours and has to be the loaded one.
 */
export function isInPlace(facts: Facts, { module: name, version, sha256 }: Build): boolean {
  const module = facts.modules[name]
  const ports = portsOf(facts, name)
  if (!module || module.buildId === null || ports.length === 0) return false
  if (!ports.every(nic => isRelease(nic.version, version, facts.kernel))) return false

  const record = findRecord(facts, name)
  if (record) {
    const isWhole = record.fileSha256 === record.sha256 && record.buildId === module.buildId
    return isWhole && record.source === sha256.toLowerCase()
  }
  const isChosen = module.file !== null && !isStock(module.file, facts.kernel)
  return module.inInitramfs === false && isChosen && module.fileBuildId === module.buildId
}
