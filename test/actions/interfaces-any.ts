import * as fc from 'fast-check'

export const anyNic = fc.constantFrom('eno1', 'eno2', 'vmbr0')
const indent = fc.constantFrom('', '\t', '  ', '    ')
const option = fc.constantFrom(
  'address 192.0.2.1/24',
  'mtu 9000',
  'up ip route add default via 192.0.2.1 \\\n\t dev eno1',
  'up true # nicfix:ring',
  'up echo a\\b',
)
const other = fc.constantFrom(
  '',
  '# a comment',
  '# a comment \\',
  '   ',
  'auto eno1',
  'mapping eno1',
  'source x',
)
const header = fc
  .tuple(anyNic, fc.constantFrom('inet manual', 'inet6 auto', '\\\n inet dhcp'))
  .map(([name, rest]) => `iface ${name} ${rest}`)
const piece = fc.oneof(
  header,
  other,
  fc.tuple(indent, option).map(([space, text]) => space + text),
)
/** Files with stanzas, comments and other lines in any order, well-formed or not. */
export const anyFile = fc
  .tuple(fc.array(piece, { maxLength: 14 }), fc.constantFrom('\n', '\r\n'), fc.boolean())
  .map(([lines, ending, closed]) =>
    (lines.join('\n') + (closed ? '\n' : '')).replaceAll('\n', ending),
  )
