import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addToStanza, hasLine, removeFromStanza } from '../../src/actions/interfaces.ts'
import { anyFile, anyNic } from './interfaces-any.ts'
import { layouts, plain } from './interfaces-layouts.ts'

const line = 'pre-up /usr/sbin/ethtool -A eno1 autoneg off rx off tx off || true # nicfix:pause'
const older = 'post-up /sbin/ethtool -A eno1 rx off tx off || true # nicfix:pause'

describe('a line for a NIC in /etc/network/interfaces', () => {
  it.each(Object.entries(layouts))('goes to the end of the stanza: %s', (_name, layout) => {
    const before = plain(layout)
    const expected = layout.replace('@', line)
    expect(addToStanza(before, 'eno1', line)).toEqual({ text: expected })
    expect(hasLine(before, 'eno1', line)).toBe(false)
    expect(hasLine(expected, 'eno1', line)).toBe(true)
  })

  it.each(Object.entries(layouts))(
    'is put in once however often, and comes out whole: %s',
    (_name, layout) => {
      const added = layout.replace('@', line)
      expect(addToStanza(added, 'eno1', line)).toEqual({ text: added })
      expect(removeFromStanza(added, 'eno1', line)).toBe(plain(layout))
    },
  )

  it.each(Object.entries(layouts))('takes the place of an older one: %s', (_name, layout) => {
    const before = layout.replace('@', older)
    expect(addToStanza(before, 'eno1', line)).toEqual({ text: layout.replace('@', line) })
  })

  it('replaces every older one by one, in the place of the first', () => {
    const before = `iface eno1 inet manual\n  ${older}\n  mtu 9000\n  ${older}\niface eno1 inet6 auto\n  ${older}\n`
    const text = `iface eno1 inet manual\n  ${line}\n  mtu 9000\niface eno1 inet6 auto\n`
    expect(addToStanza(before, 'eno1', line)).toEqual({ text })
  })

  it('replaces an older one that is written over two lines', () => {
    const before =
      'iface eno1 inet manual\n  up ethtool \\\n   -A eno1 rx off # nicfix:pause\n  mtu 9000\n'
    expect(addToStanza(before, 'eno1', line)).toEqual({
      text: `iface eno1 inet manual\n  ${line}\n  mtu 9000\n`,
    })
  })

  it('leaves the lines of other NICs and other markers alone', () => {
    const other = `iface eno2 inet manual\n\t${older}\niface eno1 inet manual\n\tup true # nicfix:ring\n`
    expect(addToStanza(other, 'eno1', line)).toEqual({ text: `${other}\t${line}\n` })
    expect(removeFromStanza(other, 'eno1', line)).toBe(other)
  })

  it.each([
    ['a file without the NIC', 'iface eno2 inet dhcp\n', 'there is no "iface eno1" stanza'],
    ['an empty file', '', 'there is no "iface eno1" stanza'],
    ['only auto', 'auto eno1\n', 'there is no "iface eno1" stanza'],
    [
      'a header behind a byte order mark',
      '\uFEFFiface eno1 inet dhcp\n',
      'there is no "iface eno1" stanza',
    ],
    [
      'a NIC that may be elsewhere',
      'auto lo\nsource /etc/network/interfaces.d/*\n',
      'there is no "iface eno1" stanza; it may be in a file that line 2 takes in',
    ],
    [
      'a backslash at the very end',
      'iface eno1 inet manual\n\tup true \\',
      'the stanza of eno1 ends with a backslash, which tools read differently',
    ],
    [
      'a backslash with a space behind it',
      'iface eno1 inet manual\n\tup true \\ \nauto lo\n',
      'the stanza of eno1 ends with a backslash, which tools read differently',
    ],
    [
      'a backslash before CRLF',
      'iface eno1 inet manual\r\n\tup true \\\r\nauto lo\r\n',
      'the stanza of eno1 ends with a backslash, which tools read differently',
    ],
    [
      'a comment that ends in a backslash above the stanza, which ifupdown2 takes for a part of it',
      'iface vmbr0 inet manual\n# see wiki \\\niface eno1 inet manual\n\tmtu 9000\n',
      'a backslash in the file has ifupdown and ifupdown2 read the stanza of eno1 differently',
    ],
    [
      'a carriage return alone at the end',
      'iface eno1 inet manual\r',
      'the stanza of eno1 ends with a bare carriage return',
    ],
  ])('is refused, with the reason: %s', (_name, text, refused) => {
    expect(addToStanza(text, 'eno1', line)).toEqual({ refused })
  })

  it.each(['two\nlines', 'up back\\slash', '  up true', 'up', ''])('must be an option: %j', bad => {
    expect(addToStanza('iface eno1 inet manual\n', 'eno1', bad)).toHaveProperty('refused')
  })
})

const add = (text: string, name: string) => {
  const added = addToStanza(text, name, line)
  fc.pre('text' in added)
  return (added as { text: string }).text
}
const listLines = (text: string) =>
  text
    .split('\n')
    .map(each => each.trimEnd())
    .filter(each => each.trim() !== line)

describe('for any file', () => {
  it('adding and taking out again is nothing', () => {
    fc.assert(
      fc.property(anyFile, anyNic, (text, name) => {
        expect(removeFromStanza(add(text, name), name, line)).toBe(text)
      }),
      { numRuns: 2000 },
    )
  })

  it('adding twice is adding once, and every former line stays in its order', () => {
    fc.assert(
      fc.property(anyFile, anyNic, (text, name) => {
        const added = add(text, name)
        expect(hasLine(added, name, line)).toBe(true)
        expect(addToStanza(added, name, line)).toEqual({ text: added })
        expect(listLines(added)).toEqual(listLines(text))
      }),
      { numRuns: 2000 },
    )
  })

  it('changes nothing for anybody but that NIC', () => {
    fc.assert(
      fc.property(anyFile, text => {
        const added = add(text, 'eno1')
        expect(hasLine(added, 'eno2', line)).toBe(false)
        expect(hasLine(added, 'vmbr0', line)).toBe(false)
      }),
    )
  })
})

describe('a file with a gap as long as it may be', () => {
  it('is edited at once', () => {
    const text = `iface eno1 inet manual\n\tmtu${' '.repeat(250_000)}9000\n`
    const from = performance.now()
    expect(hasLine(add(text, 'eno1'), 'eno1', line)).toBe(true)
    expect(performance.now() - from).toBeLessThan(5000)
  })
})
