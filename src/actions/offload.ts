import { blipSeconds, cannotSet, onOff } from './setting.ts'
import type { Judge } from './setting.ts'

/** Nothing follows these, and no driver resets its port for them. For the other ones it may (e1000e: rx, rxvlan). */
const gentle = new Set(['tso', 'gso', 'gro'])

/** Offloads by the short names of ethtool -K. Some follow others (no tso without tx): then the way back names all of them. */
export const judgeOffload: Judge<'offload'> = (nic, wanted, place) => {
  const asked = Object.entries(wanted).filter(([, on]) => on !== undefined) as [string, boolean][]
  for (const [name, on] of asked) {
    const now = nic.offloads[name]
    if (now && (now.on === on || !now.fixed)) continue
    const message = now
      ? `${name} of ${nic.name} is ${onOff(now.on)} and cannot be changed.`
      : `${nic.name} does not tell of an offload named ${name}.`
    return cannotSet(nic, place, message, 'Leave it out, or match NICs that have it: ethtool -k.')
  }
  const isGentle = asked.every(([name]) => gentle.has(name))
  const all = Object.keys(nic.offloads).filter(name => !nic.offloads[name]?.fixed)
  const names = isGentle ? asked.map(([name]) => name) : all
  return {
    want: asked.map(([name, on]) => `${name} ${onOff(on)}`).join(' '),
    before: names.map(name => `${name} ${onOff(nic.offloads[name]?.on ?? false)}`).join(' '),
    renegotiate: false,
    seconds: isGentle ? 0 : blipSeconds,
  }
}
