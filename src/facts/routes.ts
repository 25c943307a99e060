import type { Facts } from '../model/facts.ts'
import type { Fact } from './fact.ts'

/** Default routes of the main tables, IPv4 then IPv6. ip-route(8). */
export const routes: Fact<Facts['defaultRoutes']> = {
  name: 'routes',
  command: `
bounded 10 ip route show default
bounded 10 ip -6 route show default
`,
  parse(body) {
    const found = new Map<string, { via: string | null; device: string }>()
    for (const line of body.split('\n')) {
      const device = /^(?:default|\s+nexthop)\b.*?\bdev (\S+)/.exec(line)?.[1]
      if (device === undefined) continue
      const via = /\bvia (?:inet6? )?(\S+)/.exec(line)?.[1] ?? null
      found.set(`${via} ${device}`, { via, device })
    }
    return [...found.values()]
  },
}
