import { describe, expect, it } from 'vitest'
import type { Facts } from '../../src/model/facts.ts'
import { makePlan } from '../../src/plan/make-plan.ts'
import { renderMoves } from '../../src/plan/render-moves.ts'
import { plan, readFacts, readPlaybook, withFile } from './make.ts'

const name = 'e1000e-flow-control-off'
const then = readFacts()
const planOf = (hosts: Readonly<Record<string, Facts>>) =>
  makePlan(
    '0.1.0',
    readPlaybook(name),
    Object.entries(hosts).map(([host, facts]) => ({ ...plan(name, facts), host })),
  )
const tell = (now: Readonly<Record<string, Facts>>) =>
  renderMoves({ before: planOf({ h1: then, h2: then }), now: planOf(now), facts: now })

const interfaces = then.files['/etc/network/interfaces']
const edited = (() => {
  if (interfaces?.kind !== 'file' || interfaces.text === null) throw new Error('no interfaces')
  const text = `${interfaces.text}\n# somebody was here\n`
  return withFile(then, '/etc/network/interfaces', { ...interfaces, text, sha256: 'f'.repeat(64) })
})()

describe('what has moved since a plan', () => {
  it('is told by host: what it rests on, and what becomes of its plan', async () => {
    const text = tell({ h1: { ...edited, bootId: 'another' }, h2: then, h3: then })
    await expect(text).toMatchFileSnapshot('moves.golden.txt')
  })

  it('names a host that has no plan now', () => {
    expect(tell({ h1: then })).toMatch(/^h2 {2}no plan for it now$/m)
  })
})
