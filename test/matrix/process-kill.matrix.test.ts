import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { canTrace, kinds, nameKind } from './kinds.ts'
import { record } from './power-cut.ts'
import { killEverywhere } from './process-kill.ts'
import type { Kill } from './process-kill.ts'
import { layGround, scenarios } from './scenarios.ts'
import type { Ground } from './scenarios.ts'
import { pick } from './share.ts'
import { Table } from './tally.ts'

const table = new Table('killed processes', 'kills')

afterAll(() => table.print())

/** One process, at every third point it and all of its group. */
const asKill = (point: number, index: number): Kill => ({
  point,
  verdict: index % 3 === 2 ? 'kill its group' : 'kill',
})

describe
  .skipIf(!canTrace)
  .each(kinds.map((kind, index) => ({ name: nameKind(kind), kind, index })))(
  '$name',
  ({ name, kind, index }) => {
    const seen = new Set<string>()
    let ground: Ground

    beforeAll(async () => {
      ground = await layGround(kind)
    }, 120_000)

    it.each(scenarios)('$name: a process killed after any call is made up for', async scenario => {
      const { points, states } = await record(ground, scenario, seen)
      // Points at which the disk becomes what it never was; each kind of host has other ones.
      const kills = pick(states, index < 4 ? 30 : 60, index * 7).map(({ point }, nth) =>
        asKill(point, nth),
      )
      const title = `${name}: ${scenario.name}`
      const tally = await killEverywhere(ground, scenario, title, points, kills)
      table.add(tally)
      expect(tally.faults, tally.inFull()).toEqual([])
    })
  },
)
