import type { Fact } from './fact.ts'

/**
 * Addresses by device, "10.0.2.15/24", sorted. Link-local and temporary IPv6 addresses are left out: the kernel makes
 * them anew each time a port comes up. ip-address(8), one line an address with -o.
 */
export const addresses: Fact<Record<string, string[]>> = {
  name: 'addresses',
  command: `
bounded 10 ip -o addr show
`,
  parse(body) {
    const found: Record<string, string[]> = {}
    for (const line of body.split('\n')) {
      const match =
        /^\d+:\s+([^\s@]+)(?:@\S+)?\s+inet6?\s+([0-9a-f.:]+)(?:\s+peer\s+\S*?)?(\/\d+)?\s/.exec(
          line,
        )
      if (!match || / scope link| temporary/.test(line)) continue
      ;(found[match[1]!] ??= []).push(match[2]! + (match[3] ?? ''))
    }
    for (const list of Object.values(found)) list.sort()
    return found
  },
}
