import { expect, test } from 'vitest'
import type { Facts, FileFact } from '../../src/model/facts.ts'
import { plan, readFacts, refusals, withFile } from '../plan/make.ts'
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

test('ethtool is called where it is', () => {
  const elsewhere = { ...facts, commands: { ...facts.commands, ethtool: '/sbin/ethtool' } }
  expect(apply(elsewhere).writes[0]?.diff).toContain('+    pre-up /sbin/ethtool -A eno1 ')
})
