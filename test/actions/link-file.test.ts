import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { linkLines, writeLinkFile } from '../../src/actions/link-file.ts'

/** As Debian 12 has it, systemd 252. */
const debian = {
  path: '/usr/lib/systemd/network/99-default.link',
  text: `#  SPDX-License-Identifier: LGPL-2.1-or-later
#
#  This file is part of systemd.

[Match]
OriginalName=*

[Link]
NamePolicy=keep kernel database onboard slot path
AlternativeNamesPolicy=database onboard slot path
MACAddressPolicy=persistent
`,
}
const off = ['AutoNegotiationFlowControl=no', 'RxFlowControl=no', 'TxFlowControl=no']
const port = { nic: 'eno1', permanentMac: '52:54:00:6e:69:01', lines: off }

function write(former = debian, changed = port): string {
  const made = writeLinkFile(changed, former)
  if ('refused' in made) throw new Error(made.refused)
  return made.text
}

const isSetting = (each: string) =>
  /^[A-Za-z]+=/.test(each) && !/^\w*FlowControl=|^PermanentMACAddress=/.test(each)
const settings = (text: string) =>
  text
    .split('\n')
    .map(each => each.trim())
    .filter(isSetting)

describe('the .link file of a port', () => {
  test('matches it alone, keeps how it is named, and sets pause', () => {
    expect(write())
      .toBe(`# nicfix: settings of eno1. udev takes the first file alone that matches a port, so the other lines are those of
# /usr/lib/systemd/network/99-default.link

[Match]
PermanentMACAddress=52:54:00:6e:69:01

[Link]
NamePolicy=keep kernel database onboard slot path
AlternativeNamesPolicy=database onboard slot path
MACAddressPolicy=persistent
AutoNegotiationFlowControl=no
RxFlowControl=no
TxFlowControl=no
`)
  })

  test('made anew from itself is the same, and tells of the first file still', () => {
    const once = write()
    expect(write({ path: '/etc/systemd/network/05-nicfix-eno1.link', text: once })).toBe(once)
  })

  test('takes the place of what the former one said of pause, and keeps its other sections', () => {
    const former = {
      path: '/etc/systemd/network/10-lan.link',
      text: '[Match]\nDriver=igb\n[Link]\nName=lan0\nRxFlowControl = yes\n; a remark\n[SR-IOV]\nVirtualFunction=0\nTrust=yes\n',
    }
    const lines = linkLines('pause', 'autoneg on rx on tx off')
    const text = write(former, { ...port, lines: 'without' in lines ? [] : lines })
    expect(text).toContain(
      '[Link]\nName=lan0\nAutoNegotiationFlowControl=yes\nRxFlowControl=yes\nTxFlowControl=no\n\n[SR-IOV]\nVirtualFunction=0\nTrust=yes\n',
    )
    expect(text).not.toContain('igb')
  })

  test.each([
    [
      'offload',
      'tso off gro on',
      ['TCPSegmentationOffload=no', 'TCP6SegmentationOffload=no', 'GenericReceiveOffload=yes'],
    ],
    ['ring', 'rx 4096 tx 256', ['RxBufferSize=4096', 'TxBufferSize=256']],
    ['offload', 'tso off sg off', { without: 'sg' }],
    ['eee', 'eee off', { without: 'eee' }],
  ] as const)('has keys for some settings: %s %s', (setting, words, lines) => {
    expect(linkLines(setting, words)).toEqual(lines)
  })

  test.each([
    ['[Link]\nDescription=a \\\nb\n', /goes on in the next/],
    ['[Match]\nOriginalName=*\n', /no \[Link\]/],
    ['', /no \[Link\]/],
  ])('is not made of %j', (text, why) => {
    expect(writeLinkFile(port, { path: '/x', text })).toMatchObject({
      refused: expect.stringMatching(why),
    })
  })

  test('keeps every other setting of any file, in order, and comes out the same when it is made twice', () => {
    const key = fc.constantFrom('Name', 'MTUBytes', 'WakeOnLan', 'RxFlowControl', 'TxFlowControl')
    const value = fc.string({ unit: 'grapheme-ascii', maxLength: 9 })
    const line = fc.oneof(
      // A line that goes on in the next is refused, and tested above.
      fc.tuple(key, value).map(each => each.join('=').replaceAll('\\', '/')),
      fc.constantFrom('', '# remark', '; remark', '  '),
    )
    const section = fc.tuple(
      fc.constantFrom('Match', 'Link', 'SR-IOV'),
      fc.array(line, { maxLength: 5 }),
    )
    fc.assert(
      fc.property(fc.array(section, { maxLength: 4 }), sections => {
        const text = write({ path: '/etc/x.link', text: join([...sections, ['Link', []]]) })
        const kept = sections.filter(([name]) => name !== 'Match')
        expect(settings(text)).toEqual(settings(join(kept)))
        expect(text.match(/^(\w+FlowControl=no)$/gm)).toHaveLength(3)
        expect(write({ path: '/y', text })).toBe(text)
      }),
    )
  })
})

const join = (sections: readonly (readonly [string, readonly string[]])[]): string =>
  sections.map(([name, lines]) => [`[${name}]`, ...lines].join('\n')).join('\n')
