import { wordsNow } from '../actions/setting.ts'
import type { TxOutputs } from '../host/protocol.ts'
import type { Facts, Nic } from '../model/facts.ts'
import type { HostPlan, SetNic, SwapDriver } from '../model/plan.ts'

const sorted = (words: readonly string[]) => words.toSorted().join(' ')

/** What of a port must be the same whatever driver runs it. */
const sameness: readonly [string, (nic: Nic) => string][] = [
  ['name', nic => nic.name],
  ['MAC address', nic => nic.mac],
  ['up', nic => String(nic.up)],
  ['MTU', nic => String(nic.mtu)],
  ['master', nic => nic.master ?? 'none'],
  ['stacked devices', nic => sorted(nic.uppers)],
  ['addresses', nic => sorted(nic.addresses)],
]

function compareNics(before: Facts, after: Facts): string[] {
  return before.nics.flatMap(was => {
    const is = after.nics.find(({ pci }) => pci === was.pci)
    if (!is) return [`${was.name} (${was.pci}) is gone`]
    const lines = sameness
      .filter(([, read]) => read(was) !== read(is))
      .map(([what, read]) => `${was.name} ${what}: was ${read(was)}, is ${read(is)}`)
    return was.carrier && !is.carrier ? [...lines, `${was.name} has no link`] : lines
  })
}

const routes = ({ defaultRoutes }: Facts) =>
  sorted(defaultRoutes.map(({ via, device }) => `${via ?? 'direct'}@${device}`))

function compareRoutes(before: Facts, after: Facts): string[] {
  if (routes(before) === routes(after)) return []
  return [`default route: was ${routes(before) || 'none'}, is ${routes(after) || 'none'}`]
}

function checkSwap(change: SwapDriver, outputs: TxOutputs, after: Facts): string[] {
  const { module, version, ports, source } = change
  const loaded = after.modules[module]
  if (!loaded) return [`driver ${module} is not loaded`]
  const wanted = 'from' in source ? outputs[source.from]?.['build-id'] : source.buildId
  const misses = ports.flatMap(pci => {
    const nic = after.nics.find(each => each.pci === pci)
    if (!nic) return [`port ${pci} is gone`]
    if (nic.driver !== module) return [`${nic.name} runs on ${nic.driver}, not on ${module}`]
    return version === '' || nic.version === version
      ? []
      : [`${nic.name} runs ${module} ${nic.version}, not ${version}`]
  })
  if (wanted && loaded.buildId && wanted !== loaded.buildId) {
    misses.push(`the loaded ${module} is not the build that was wanted`)
  }
  return misses
}

function checkSetting({ pci, setting, want }: SetNic, after: Facts): string[] {
  const nic = after.nics.find(each => each.pci === pci)
  if (!nic) return [`port ${pci} is gone`]
  const now = wordsNow(nic, setting, want)
  return now === want ? [] : [`${setting} of ${nic.name} is ${now}, not ${want}`]
}

/**
 * What a trial has not reached, or has broken: empty when it may be confirmed. Only what is in memory is judged
 * here, because nothing is persisted yet.
 */
export function trialMisses(
  plan: HostPlan,
  outputs: TxOutputs,
  before: Facts,
  after: Facts,
): string[] {
  const same = (['machineId', 'bootId', 'kernel'] as const)
    .filter(key => before[key] !== after[key])
    .map(key => `${key}: was ${before[key]}, is ${after[key]}`)
  // Another machine, or another boot of it: comparing the rest would only bury that.
  if (same.length > 0) return same
  const wanted = plan.changes.flatMap(change => {
    if (change.kind === 'swap-driver') return checkSwap(change, outputs, after)
    return change.kind === 'set-nic' ? checkSetting(change, after) : []
  })
  return [...wanted, ...compareNics(before, after), ...compareRoutes(before, after)]
}
