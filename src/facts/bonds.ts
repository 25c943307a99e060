import type { Facts } from '../model/facts.ts'
import { readEntries } from './fact.ts'
import type { Fact } from './fact.ts'

/** Bonds and their ports, from /sys/class/net/B/bonding/slaves (Documentation/networking/bonding.rst). */
export const bonds: Fact<Facts['bonds']> = {
  name: 'bonds',
  command: `
for bond in /sys/class/net/*/bonding/slaves; do
  if [ -r "$bond" ]; then
    name=\${bond%/bonding/slaves}
    say "\${name##*/}" "$bond"
  fi
done
`,
  parse: body =>
    Object.fromEntries(
      readEntries(body).map(({ key, value }) => [
        key,
        value.split(' ').filter(port => port !== ''),
      ]),
    ),
}
