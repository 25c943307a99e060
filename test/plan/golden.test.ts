import { describe, expect, test } from 'vitest'
import { acceptRisks } from '../../src/cli/risks.ts'
import type { Facts } from '../../src/model/facts.ts'
import type { HostPlan } from '../../src/model/plan.ts'
import { makePlan } from '../../src/plan/make-plan.ts'
import { planHost } from '../../src/plan/plan-host.ts'
import { renderPlan } from '../../src/plan/render-text.ts'
import {
  afterUpgrade,
  plan,
  readFacts,
  readPlaybook,
  sources,
  withHandMade,
  withNic,
} from './make.ts'

const facts = readFacts()
const render = (name: string, ...hosts: HostPlan[]) =>
  renderPlan(makePlan('0.1.0', readPlaybook(name), hosts))

describe('the plan of each playbook for the lab host, as people read it', () => {
  test.each([
    'e1000e-flow-control-off',
    'e1000e-upgrade',
    'i40e-upgrade',
    'offload-off',
    'ring-max',
    'eee-off',
    'driver-revert',
  ])('%s', async name => {
    // The emulated port has no energy-efficient Ethernet.
    const hosts: Record<string, Facts> = {
      'eee-off': withNic(facts, 'eno1', { eee: true }),
      'driver-revert': withHandMade(facts),
    }
    const there = hosts[name] ?? facts
    const text = render(name, plan(name, there))
    await expect(text).toMatchFileSnapshot(`${name}.golden.txt`)
    for (const line of text.split('\n')) expect(Array.from(line).length).toBeLessThanOrEqual(100)
  })

  test('e1000e-flow-control-off where systemd-networkd configures the network', async () => {
    const networkd = { ...facts, networkStacks: ['systemd-networkd'] }
    const text = render('e1000e-flow-control-off', plan('e1000e-flow-control-off', networkd))
    await expect(text).toMatchFileSnapshot('networkd.golden.txt')
  })

  test('i40e-upgrade on a node of a cluster whose guests ride on the port', async () => {
    const node = {
      ...withNic(facts, 'eno3', { master: 'vmbr1', uppers: ['vmbr1'] }),
      layers: { vmbr1: { kind: 'bridge', lowers: ['eno3', 'tap100i0', 'tap101i0', 'veth200i0'] } },
      clusterDaemons: ['corosync'],
      networkMounts: ['/mnt/pve/backup'],
    }
    const loaded = acceptRisks(readPlaybook('i40e-upgrade'), { acceptRisk: ['cluster-member'] })
    const planned = planHost(loaded, 'h1', node, sources)
    if ('problems' in planned) throw new Error(JSON.stringify(planned.problems))
    await expect(render('i40e-upgrade', planned.plan)).toMatchFileSnapshot('cluster.golden.txt')
  })

  test('a host that is done, beside one that is not', async () => {
    const first = plan('i40e-upgrade', facts)
    const done = plan('i40e-upgrade', afterUpgrade(facts, first))
    expect(done.changes).toEqual([])
    await expect(render('i40e-upgrade', done)).toMatchFileSnapshot('unchanged.golden.txt')
    expect(render('i40e-upgrade', done, { ...first, host: 'h2' })).toContain('h1  = no changes')
  })
})

test('text of a host cannot paint over the plan', () => {
  const odd = {
    ...plan('e1000e-flow-control-off', facts),
    about: 'Debian\u001b[2J\u202Eevil\r\n\u009b1m',
  }
  const text = render('e1000e-flow-control-off', odd)
  expect(text).toContain(String.raw`Debian\x1b[2J\u{202e}evil\x0d\x0a\x9b1m`)
  expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}]/u)
})

test('a port may have a name that is longer than a line', () => {
  const fine = plan('e1000e-flow-control-off', facts)
  const long = { ...fine, nics: fine.nics.map(nic => ({ ...nic, name: 'x'.repeat(300) })) }
  expect(render('e1000e-flow-control-off', long)).toContain('x'.repeat(300))
})

test('no sign of a diff and no name of a port disturbs a terminal', () => {
  const fine = plan('e1000e-flow-control-off', facts)
  const odd = {
    ...fine,
    nics: fine.nics.map(nic => ({ ...nic, name: `${nic.name}\u001b[2J` })),
    changes: fine.changes.map(change => ({ ...change, diff: '\u2066@@ x\n\u001b[2J\n' })),
  }
  const text = render('e1000e-flow-control-off', odd)
  // oxlint-disable-next-line no-control-regex
  expect(text).not.toMatch(/[\u001b\u2066]/)
})

test('narrow', () => {
  const narrow = renderPlan(
    makePlan('0.1.0', readPlaybook('i40e-upgrade'), [plan('i40e-upgrade', facts)]),
    { width: 72 },
  )
  for (const line of narrow.split('\n')) expect(Array.from(line).length).toBeLessThanOrEqual(72)
})

test('colours change nothing but colour', () => {
  const whole = makePlan('0.1.0', readPlaybook('i40e-upgrade'), [plan('i40e-upgrade', facts)])
  const coloured = renderPlan(whole, { colour: true })
  expect(coloured).toContain('\u001b[')
  // oxlint-disable-next-line no-control-regex
  expect(coloured.replaceAll(/\u001b\[\d+m/g, '')).toBe(renderPlan(whole))
})
