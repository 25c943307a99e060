import { identify } from '../actions/context.ts'
import { sayNow } from '../actions/setting.ts'
import { childrenOf } from '../facts/layers.ts'
import type { Facts, Nic } from '../model/facts.ts'
import { settingNames } from '../model/playbook.ts'
import type { Change, Fingerprint, HostPlan } from '../model/plan.ts'
import { elsewhereOn } from './riders.ts'

/** Everything that the plan rests on and that may move before it is applied. */
export function takeFingerprint(
  facts: Facts,
  changes: readonly Change[],
  nics: readonly Nic[],
): Fingerprint {
  const paths = changes.flatMap(change => (change.kind === 'write-file' ? [change.path] : []))
  const modules = changes.flatMap(change => (change.kind === 'swap-driver' ? [change.module] : []))
  return {
    machineId: facts.machineId,
    hostKeys: facts.hostKeys,
    bootId: facts.bootId,
    kernel: facts.kernel,
    files: Object.fromEntries(paths.map(path => [path, identify(facts, path)])),
    modules: Object.fromEntries(modules.map(name => [name, identifyModule(facts, name)])),
    nics: nics.flatMap(nic => aspects.map(aspect => describe(nic, aspect, facts))),
  }
}

/** What has moved on the host since the plan was made, one line each; empty for a plan that still fits (else NF3001). */
export function staleReasons({ fingerprint: then }: HostPlan, facts: Facts): string[] {
  return [
    ...(then.machineId === facts.machineId
      ? []
      : ['machine: this is another machine than the plan was made for']),
    ...compare('host keys', then.hostKeys.join(' '), facts.hostKeys.join(' ')),
    ...(then.bootId === facts.bootId ? [] : ['boot: the host has been started anew since']),
    ...compare('kernel', then.kernel, facts.kernel),
    ...Object.entries(then.files).flatMap(([path, hash]) =>
      compare(path, hash, identify(facts, path)),
    ),
    ...Object.entries(then.modules).flatMap(([name, build]) =>
      compare(`loaded ${name}`, build, identifyModule(facts, name)),
    ),
    ...then.nics.flatMap(line => compare('NIC', line, findAgain(line, facts))),
  ]
}

function compare(what: string, before: string, now: string): string[] {
  return before === now ? [] : [`${what}: ${before} → ${now}`]
}

function identifyModule(facts: Facts, name: string): string {
  const module = facts.modules[name]
  return module?.buildId ?? module?.version ?? 'not loaded'
}

const aspects = ['driver', 'children', ...settingNames] as const

function describe(nic: Nic, aspect: (typeof aspects)[number], facts: Facts): string {
  return `${nic.name} ${nic.pci} ${aspect} ${sayAspect(nic, aspect, facts)}`
}

function sayAspect(nic: Nic, aspect: (typeof aspects)[number], facts: Facts): string {
  if (aspect === 'driver') return `${nic.driver} ${nic.version}`
  if (aspect === 'children') return namesOfChildren(nic, facts) || 'none'
  return sayNow(nic, aspect)
}

/** What vanishes with the port, and was there, or was not, when the plan was made. */
function namesOfChildren(nic: Nic, facts: Facts): string {
  const there = elsewhereOn(nic, facts).map(({ device, where }) => `${device}@${where}`)
  return [...childrenOf(nic, facts.layers), ...there].toSorted().join(' ')
}

/** By PCI address, the second word, since the name may have changed; and by what the line is about. */
function findAgain(line: string, facts: Facts): string {
  const [, pci, third] = line.split(' ')
  const nic = facts.nics.find(each => each.pci === pci)
  const aspect = aspects.find(each => each === third)
  return nic && aspect ? describe(nic, aspect, facts) : 'gone'
}
