import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { drawPlan, drawPlaybook } from '../../src/plan/graph.ts'
import { makePlan } from '../../src/plan/make-plan.ts'
import { readOutline } from '../../src/playbook/read.ts'
import { plan, readFacts, readPlaybook } from './make.ts'

const name = 'i40e-upgrade'
const one = plan(name, readFacts())
const draw = (...hosts: Parameters<typeof makePlan>[2]) =>
  drawPlan(makePlan('0.1.0', readPlaybook(name), hosts))

describe('the diagram of a plan', () => {
  it('shows the order, the confirmation and the ways back, for each group of hosts', async () => {
    const odd = { ...one, host: 'web1', changes: one.changes.slice(0, 3) }
    const text = draw(one, { ...one, host: 'h2' }, odd)
    await expect(text).toMatchFileSnapshot('graph.golden.mmd')
  })

  it('lets no text end its quotes or become a tag', () => {
    const [first, ...rest] = one.changes
    if (!first) throw new Error('no changes')
    const text = draw({ ...one, changes: [{ ...first, title: 'a"]; b <b>#1' }, ...rest] })
    expect(text).toContain('["01 a#34;]#59; b #60;b#62;#35;1"]')
  })

  it('says so where there is nothing to do', () => {
    expect(draw({ ...one, changes: [] })).toBe('flowchart TD\n  none["nothing to do"]\n')
  })
})

describe('the diagram of a playbook', () => {
  const playbooks = readdirSync(new URL('../../playbooks', import.meta.url))

  it.each(playbooks)('needs no values: %s', file => {
    const { name: title, steps } = readOutline(`playbooks/${file}`)
    const text = drawPlaybook(title, steps)
    for (const { id, use } of steps) expect(text).toContain(`["${id} · ${use}"]`)
    expect(text).toMatch(/p_confirmed --> .*p_kept/)
  })
})
