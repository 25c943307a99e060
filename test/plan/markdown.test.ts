import { describe, expect, it } from 'vitest'
import { makePlan } from '../../src/plan/make-plan.ts'
import { renderMarkdown } from '../../src/plan/render-markdown.ts'
import { renderPlan } from '../../src/plan/render-text.ts'
import type { HostPlan } from '../../src/model/plan.ts'
import { plan, readFacts, readPlaybook, withNic } from './make.ts'

const name = 'i40e-upgrade'
const facts = readFacts()
const one = plan(name, facts)
const planOf = (hosts: readonly HostPlan[]) => makePlan('0.1.0', readPlaybook(name), hosts)
const many = (count: number, make: (at: number) => Partial<HostPlan> = () => ({})) =>
  Array.from({ length: count }, (_, at) => ({ ...one, host: `h${at + 1}`, ...make(at) }))

/** Three alike, one with a port without a link, one with nothing to do. */
const fleet = [
  ...many(3),
  { ...plan(name, withNic(facts, 'eno3', { carrier: false, speed: null })), host: 'web1' },
  { ...one, host: 'h4', changes: [], warnings: [], outageSeconds: 0 },
]

describe('a plan as a comment on a pull request', () => {
  it('has a table of groups, the changes folded, and the digest to approve', async () => {
    const text = renderMarkdown(planOf(fleet))
    await expect(text).toMatchFileSnapshot('i40e-upgrade.golden.md')
  })

  it('is one comment at 500 hosts that are all different, and says what it leaves out', () => {
    const text = renderMarkdown(
      planOf(many(500, at => ({ about: `machine ${at} of a kind of its own`.padEnd(119, '.') }))),
    )
    expect(text.length).toBeLessThan(60_000)
    expect(text).toMatch(/^\| \d+ more \| \d+ \| \| \| see the plan file \|$/m)
    expect(text).toContain('is in the plan file.')
    expect(text).toMatch(/--approve sha256:[0-9a-f]{64}`/)
  })

  it('keeps the small groups when there is no room for all', () => {
    const diff = Array.from({ length: 3000 }, (_, at) => `+line ${at} of a long file`).join('\n')
    const changes = one.changes.map(change => ({ ...change, diff }))
    const text = renderMarkdown(planOf([...many(9, () => ({ changes })), { ...one, host: 'odd' }]))
    expect(text).toContain('<details><summary>Changes on <code>odd</code>')
    expect(text).toContain('What is changed on `h1–h9` is in the plan file.')
  })

  it('lets no text of a host format, mention, link or end anything', () => {
    const evil = '`@all` | <img src=x> ``` \n# hi \u001b[31m [x](http://x)'
    const hosts = [one, { ...one, host: 'h2', about: evil, warnings: [evil] }]
    const lines = renderMarkdown(planOf(hosts)).split('\n')
    const bare = lines.filter(line => line.includes('@all'))
    expect(bare.length).toBeGreaterThan(2)
    expect(lines.filter(line => /^# hi|^```/.test(line))).toEqual([
      '```text',
      '```',
      '````text',
      '````',
    ])
    expect(lines.join('\n')).not.toContain('\u001b')
    expect(
      lines.filter(line => line.startsWith('| `` ') || line.includes('\\| <img')),
    ).toHaveLength(1)
  })
})

describe('a plan for a terminal', () => {
  it('shows 100 hosts with the same changes in at most 60 lines', () => {
    const text = renderPlan(planOf(many(100)))
    expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(60)
    expect(text).toContain('h1–h100 (100 hosts)  Debian GNU/Linux 12')
  })
})
