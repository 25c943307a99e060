import type { Facts, Nic } from '../model/facts.ts'
import type { HostPlan } from '../model/plan.ts'
import type { Playbook } from '../model/playbook.ts'
import { matchesVersion } from '../facts/version.ts'
import { problem } from '../problems.ts'
import type { Problem } from '../problems.ts'
import { ridersOf } from './riders.ts'

type Match = Playbook['nics']['match']
export type Selection = {
  readonly nics: readonly Nic[]
  /** Every port of the host, with the reason why it is looked at or left alone. */
  readonly lines: HostPlan['nics']
}

/**
 * The ports that the playbook is for. `version` only filters those that need the fix: a port that fits but for its
 * version is done already, and no reason to say that nothing matched.
 * @returns NF2001 for a name that the host lacks, NF2002 where nothing matches at all and the playbook wants a match.
 */
export function selectNics(
  nics: Playbook['nics'],
  facts: Facts,
  host: string,
): Selection | Problem {
  const { match } = nics
  const { name } = match
  const there = facts.nics.map(
    nic => `found      ${nic.name} ${nic.driver} ${nic.pciId} ${nic.pci}`,
  )
  if (name !== undefined && !facts.nics.some(nic => nic.name === name)) {
    return problem(
      'NF2001',
      `The host has no NIC named ${name}.`,
      'Correct the name; these are the ones with a PCI device.',
      {
        host,
        details: there.length > 0 ? there : ['found      no NIC with a PCI device'],
      },
    )
  }
  const fitting = facts.nics.filter(nic => misfit(match, nic) === null)
  if (fitting.length === 0 && nics['none-matched'] === 'fail') {
    return problem(
      'NF2002',
      'No NIC of the host is one that the playbook is for.',
      'Choose another host or playbook, or write none-matched: skip.',
      {
        host,
        details: [
          `expected   ${describeMatch(match)}`,
          ...(there.length > 0 ? there : ['found      no NIC with a PCI device']),
        ],
      },
    )
  }
  const selected = fitting.filter(nic => needsFix(match, nic, facts.kernel))
  const lines = facts.nics.map(nic => ({
    name: nic.name,
    selected: selected.includes(nic),
    text: selected.includes(nic)
      ? describeNic(nic, facts)
      : fitting.includes(nic)
        ? `already ${showVersion(nic, facts.kernel)}`
        : `not touched: ${misfit(match, nic)}`,
    riders: selected.some(({ driver }) => driver === nic.driver) ? ridersOf(nic, facts) : [],
  }))
  return { nics: selected, lines }
}

/** Why the port is not one of those the playbook is for, its version aside; null where it is. */
function misfit(match: Match, nic: Nic): string | null {
  if (match.driver !== undefined && match.driver !== nic.driver)
    return `driver ${nic.driver} (the playbook is for ${match.driver})`
  if (match.name !== undefined && match.name !== nic.name)
    return `the playbook is for ${match.name}`
  if (match.pci !== undefined && ![nic.pci, nic.pciId].includes(match.pci.toLowerCase()))
    return `${nic.pciId} at ${nic.pci} (the playbook is for ${match.pci})`
  return null
}

function needsFix({ version }: Match, nic: Nic, kernel: string): boolean {
  return version === undefined || matchesVersion(nic.version, kernel, version)
}

function describeMatch(match: Match): string {
  return Object.entries(match)
    .map(([key, value]) => `${key} ${[value].flat().join(' or ')}`)
    .join(', ')
}

/** "in-tree" stands for the version of a driver that has none but its kernel's. */
export function showVersion(nic: Nic, kernel: string): string {
  return nic.version === kernel ? 'in-tree' : nic.version || 'of unknown version'
}

function describeNic(nic: Nic, facts: Facts): string {
  const state = !nic.up
    ? 'down'
    : nic.carrier
      ? `up ${nic.speed ?? '?'}/${nic.duplex ?? '?'}`
      : 'up, no link'
  const carries = facts.sshPath.includes(nic.name) ? ['carries this SSH session'] : []
  const route = facts.defaultRoutes.some(({ device }) => device === nic.name)
    ? ['default route']
    : []
  const master = nic.master === null ? [] : [`port of ${nic.master}`]
  const identity = `${nic.driver} ${showVersion(nic, facts.kernel)} ${nic.pciId} ${nic.pci}`
  return [identity, state, ...carries, ...master, ...route].join(' · ')
}
