import type { Facts } from '../model/facts.ts'
import type { Fact } from './fact.ts'

/** Bytes free at the places that nicfix writes to, without the blocks reserved for root: df(1) -P, in KiB. */
export const free: Fact<Facts['free']> = {
  name: 'free',
  command: `
for place in / /var/lib/nicfix /lib/modules /etc; do
  there=$place
  while [ ! -d "$there" ]; do
    there=\${there%/*}
    there=\${there:-/}
  done
  printf '%s %s\\n' "$place" "$(bounded 10 df -P -k "$there" | tail -n 1)"
done
`,
  parse(body) {
    const found: Record<string, number> = {}
    for (const line of body.split('\n')) {
      // place, device (may hold spaces), blocks, used, available, capacity, mount point
      const match = /^(\S+) .*?\s\d+\s+-?\d+\s+(-?\d+)\s+\d+%\s+\//.exec(line)
      if (match) found[match[1]!] = Math.max(0, Number(match[2])) * 1024
    }
    return found
  },
}
