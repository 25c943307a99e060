import { blipSeconds, cannotSet, sayNow } from './setting.ts'
import type { Judge } from './setting.ts'

/** Descriptors of the rings. Drivers free and make them anew, which takes the link down. */
export const judgeRing: Judge<'ring'> = (nic, wanted, place) => {
  const { ring } = nic
  if (ring === null) {
    const next = 'Match NICs that do: ethtool -g.'
    return cannotSet(nic, place, `${nic.name} does not tell of its rings.`, next)
  }
  const rx = wanted.rx === 'max' ? ring.maxRx : Number(wanted.rx ?? ring.rx)
  const tx = wanted.tx === 'max' ? ring.maxTx : Number(wanted.tx ?? ring.tx)
  if (rx > ring.maxRx || tx > ring.maxTx)
    return cannotSet(
      nic,
      place,
      `${nic.name} has no rings of that size.`,
      'Write max, or a smaller number.',
      `expected   rx ${ring.maxRx} and tx ${ring.maxTx} at most`,
      `wanted     rx ${rx} tx ${tx}`,
    )
  return {
    want: `rx ${rx} tx ${tx}`,
    before: sayNow(nic, 'ring'),
    renegotiate: false,
    seconds: blipSeconds,
  }
}
