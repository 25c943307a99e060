import { vanishesWith } from '../facts/layers.ts'
import type { Facts, Nic } from '../model/facts.ts'

/**
 * Who loses the network while a port is away, a line each: its bridge with the guests on it, its bond, what is built on
 * it here and in other network namespaces.
 */
export function ridersOf(port: Nic, facts: Facts): string[] {
  const here = port.uppers.map(name => describeLayer(name, port, facts))
  const there = elsewhereOn(port, facts).map(
    ({ device, kind, on, where }) => `${kind} ${device} on ${on}, in the namespace of ${where}`,
  )
  return [...here, ...there]
}

/** Devices of other network namespaces that vanish with the port. */
export function elsewhereOn(port: Nic, { elsewhere, layers }: Facts): Facts['elsewhere'] {
  return elsewhere.filter(({ on }) => on === port.name || vanishesWith(port, on, layers))
}

function describeLayer(name: string, port: Nic, { layers, bonds }: Facts): string {
  const { kind = '', lowers = [] } = layers[name] ?? {}
  const what = kind === 'vlan' ? 'VLAN' : kind || 'device'
  const members = kind === 'bridge' ? lowers : (bonds[name] ?? [])
  const others = members.filter(each => each !== port.name && !port.uppers.includes(each))
  return others.length > 0 ? `${what} ${name} with ${others.join(' ')}` : `${what} ${name}`
}
