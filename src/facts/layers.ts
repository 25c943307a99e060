import type { Facts, Nic } from '../model/facts.ts'

/** Kinds that outlive the ports below them; all others exist only as long as the device that they are made of. */
const lasting = /^(bridge|bond|openvswitch|vrf)$/

/** Does that device vanish together with the port? */
export function vanishesWith(port: Nic, name: string, layers: Facts['layers']): boolean {
  const layer = layers[name]
  if (!layer) return port.uppers.includes(name)
  // A team has no kind, and is known as the port's master.
  if (name === port.master || lasting.test(layer.kind)) return false
  return layer.lowers.some(lower => lower === port.name || vanishesWith(port, lower, layers))
}

/** All devices of this network namespace that vanish together with the port. */
export const childrenOf = (port: Nic, layers: Facts['layers']): string[] =>
  port.uppers.filter(upper => vanishesWith(port, upper, layers))
