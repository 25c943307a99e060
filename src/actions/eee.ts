import { blipSeconds, cannotSet, onOff, sayNow } from './setting.ts'
import type { Judge } from './setting.ts'

/** Energy-efficient Ethernet, which both ends of a link agree on when it is negotiated: drivers do that by themselves. */
export const judgeEee: Judge<'eee'> = (nic, wanted, place) => {
  if (nic.eee === null) {
    const next = 'Match NICs that do: ethtool --show-eee.'
    return cannotSet(nic, place, `${nic.name} does not tell of energy-efficient Ethernet.`, next)
  }
  return {
    want: `eee ${onOff(wanted.eee)}`,
    before: sayNow(nic, 'eee'),
    renegotiate: false,
    seconds: blipSeconds,
  }
}
