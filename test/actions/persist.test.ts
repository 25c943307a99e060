import { describe, expect, test } from 'vitest'
import type { Facts, FileFact } from '../../src/model/facts.ts'
import { plan, readFacts, refusals, withFile, withNic } from '../plan/make.ts'
import { sha256 } from '../../src/actions/text.ts'

const facts = readFacts()
const main = '/etc/network/interfaces'
const text = (value: string, path = main): FileFact => ({
  kind: 'file',
  mode: '0640',
  owner: '0:4',
  sha256: sha256(value),
  text: value,
  realPath: path,
})
const apply = (changed: Facts) => {
  const { changes, warnings } = plan('e1000e-flow-control-off', changed)
  return { warnings, writes: changes.filter(change => change.kind === 'write-file') }
}

test('the file that holds the stanza is edited, with its mode and owner', () => {
  const part = '/etc/network/interfaces.d/eno1'
  const split = withFile(
    withFile(facts, main, text('source interfaces.d/*\n')),
    part,
    text('auto eno1\niface eno1 inet dhcp\n', part),
  )
  const { writes } = apply(split)
  expect(writes).toMatchObject([
    { path: part, mode: '0640', owner: '0:4', expect: sha256('auto eno1\niface eno1 inet dhcp\n') },
  ])
})

test('two ports in one file are one change', () => {
  const both = text('auto eno1 eno3\niface eno1 inet manual\niface eno3 inet manual\n')
  const twin = {
    ...facts,
    nics: facts.nics.map(nic => ({ ...nic, driver: 'e1000e', pause: facts.nics[0]!.pause })),
  }
  const { writes } = apply(withFile(twin, main, both))
  expect(writes).toHaveLength(1)
  expect(writes[0]?.diff.match(/^\+\s+pre-up/gm)).toHaveLength(2)
  expect(writes[0]?.reason).toContain('eno1, eno3')
})

test('a stanza in two files is refused', () => {
  const part = '/etc/network/interfaces.d/eno1'
  const twice = withFile(facts, part, text('iface eno1 inet dhcp\n', part))
  expect(refusals('e1000e-flow-control-off', twice).join()).toMatch(/^NF2030.*more than one file/)
})

test('a stanza that ifupdown never brings up is a warning; ifupdown2 finds it by its bridge', () => {
  const bridge = text(
    'iface eno1 inet manual\nauto vmbr0\niface vmbr0 inet static\n  bridge_ports eno1\n',
  )
  const changed = withFile(facts, main, bridge)
  expect(apply(changed).warnings.join()).toContain('no "auto"')
  expect(apply({ ...changed, networkStacks: ['ifupdown2'] }).warnings.join()).not.toContain(
    'no "auto"',
  )
})

test('a port whose name a shell would take for more than a name is refused', () => {
  const odd = withNic(facts, 'eno1', { name: 'e;reboot' })
  expect(refusals('e1000e-flow-control-off', odd).join()).toMatch(/^NF2030.*"e;reboot"/)
})

test('ethtool is called where it is', () => {
  const elsewhere = { ...facts, commands: { ...facts.commands, ethtool: '/sbin/ethtool' } }
  expect(apply(elsewhere).writes[0]?.diff).toContain('+    pre-up /sbin/ethtool -A eno1 ')
})

describe('where udev sets the ports up', () => {
  const path = '/etc/systemd/network/05-nicfix-eno1.link'
  const former = '/usr/lib/systemd/network/99-default.link'
  const stock = text('[Match]\nOriginalName=*\n\n[Link]\nNamePolicy=keep\n', former)
  const known = { permanentMac: '52:54:00:6e:69:01', linkFile: former }
  const networkd: Facts = withNic(
    withFile({ ...facts, networkStacks: ['systemd-networkd'], udev: 252 }, former, stock),
    'eno1',
    known,
  )
  const flowControlOff = 'e1000e-flow-control-off'

  test('one new file a port sets it, and takes over the file that applied so far', () => {
    const { writes, warnings } = apply(networkd)
    expect(writes).toMatchObject([{ path, mode: '0644', owner: '0:0', expect: 'absent' }])
    expect(writes[0]?.diff).toMatch(/^\+NamePolicy=keep\n\+Auto.*=no\n\+Rx.*=no\n\+Tx.*=no$/m)
    expect(warnings.join()).not.toContain('Later edits')
  })

  test('a file that is there already is left alone when it says the same, and edited when it does not', () => {
    const [write] = apply(networkd).writes
    const made = write && 'text' in write.content ? write.content.text : ''
    expect(apply(withFile(networkd, path, text(made, path))).writes).toEqual([])
    const other = text(made.replace('RxFlowControl=no', 'RxFlowControl=yes'), path)
    expect(apply(withFile(networkd, path, other)).writes).toMatchObject([
      { path, expect: sha256(other.kind === 'file' ? (other.text ?? '') : '') },
    ])
  })

  test("a copy of the administrator's own file is warned of", () => {
    const own = '/etc/systemd/network/10-lan.link'
    const lan = text('[Match]\nDriver=e1000e\n[Link]\nName=eno1\n', own)
    const changed = withNic(withFile(networkd, own, lan), 'eno1', { linkFile: own })
    expect(apply(changed).warnings.join()).toContain(`Later edits of ${own} do not count for eno1`)
  })

  test.each<[string, Facts, RegExp]>([
    [
      'NetworkManager sets pause by a profile',
      { ...networkd, pauseElsewhere: ['/etc/NetworkManager/system-connections/lan.nmconnection'] },
      /NF2030.*already.*lan\.nmconnection/,
    ],
    [
      'no permanent address',
      withNic(networkd, 'eno1', { permanentMac: null }),
      /NF2030.*permanent/,
    ],
    ['no word of udev', withNic(networkd, 'eno1', { linkFile: null }), /NF2030.*does not say/],
    [
      'a file that is gone',
      withNic(networkd, 'eno1', { linkFile: '/run/systemd/network/10-x.link' }),
      /NF2030.*not there any more/,
    ],
    [
      'a file that comes before ours',
      withNic(withFile(networkd, '/etc/systemd/network/00-x.link', stock), 'eno1', {
        linkFile: '/etc/systemd/network/00-x.link',
      }),
      /NF2030.*comes before/,
    ],
    [
      'a folder that adds to the file',
      withFile(networkd, '/etc/systemd/network/99-default.link.d', {
        kind: 'other',
        what: 'directory',
      }),
      /NF2030.*adds to it/,
    ],
    [
      'a line that goes on in the next',
      withFile(networkd, former, text('[Link]\nDescription=a \\\nb\n', former)),
      /NF2030.*goes on/,
    ],
  ])('refused for %s', (_, changed, why) => {
    expect(refusals(flowControlOff, changed).join()).toMatch(why)
  })
})
