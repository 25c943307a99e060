import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tokenOf } from '../host/sim/oracle.ts'
import { id } from './controller.ts'
import { canTrace, kinds, nameKind } from './kinds.ts'
import type { CrashState } from './points.ts'
import { cutAgain, cutEverywhere, record } from './power-cut.ts'
import { layGround, scenarios } from './scenarios.ts'
import type { Ground } from './scenarios.ts'
import { pick } from './share.ts'
import { Table } from './tally.ts'

const table = new Table('power cuts', 'states')
const hosts = kinds.map((kind, index) => ({ name: nameKind(kind), kind, index }))
/** The next boot has much to do. */
const isUnfinished = ({ disk }: CrashState) => /^(confirmed|rollback)$/.test(tokenOf(disk, id))

afterAll(() => table.print())

describe.skipIf(!canTrace).each(hosts)('$name', ({ name, kind, index }) => {
  const seen = new Set<string>()
  const unfinished: CrashState[] = []
  let ground: Ground

  beforeAll(async () => {
    ground = await layGround(kind)
  }, 120_000)

  it.each(scenarios)(
    '$name: a power cut after any call ends all old or all new',
    async scenario => {
      const { points, states } = await record(ground, scenario, seen)
      unfinished.push(...states.filter(isUnfinished))
      // Every other one in the first kind of host, fewer in the others, each other ones.
      const chosen = pick(states, index === 0 ? 2 : index < 4 ? 5 : 10, index)
      const title = `${name}: ${scenario.name}`
      const tally = await cutEverywhere(ground, title, { points, states: chosen })
      table.add(tally)
      expect(tally.faults, tally.inFull()).toEqual([])
    },
  )

  it('ends all old or all new when the power is cut again during the recovery', async () => {
    const tally = await cutAgain(
      ground,
      `${name}: cut twice`,
      pick(unfinished, index < 4 ? 24 : 48, index),
      5,
    )
    table.add(tally)
    expect(tally.faults, tally.inFull()).toEqual([])
  })
})
