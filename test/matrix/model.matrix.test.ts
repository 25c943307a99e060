import { describe, expect, it } from 'vitest'
import { byOutcome, explore, tours } from '../machines/tours.ts'
import { prepare } from '../host/model/host.ts'
import { mutants, mutate } from '../host/model/mutants.ts'
import { stroll } from '../host/model/random.ts'
import { Mismatch, walk, walkAll } from '../host/model/walk.ts'

// Each walk is played on a simulated host and on machines/guard.ts, and answer, state, phase, processes, files, driver,
// lock and leftovers are compared after each event. The long version is model-long.matrix.test.ts.
const minutes = 60_000

describe('the script, on walks generated from its model', () => {
  it(
    'answers and moves as the model does, for each event in each state',
    async () => {
      const staged = await prepare({ shell: 'dash', systemd: false })
      const walks = tours({ trigger: false }, explore({ trigger: false }), byOutcome)
      expect(await walkAll(staged, walks)).toEqual([])
    },
    15 * minutes,
  )

  it(
    'ends at boot what a power cut has left open, where systemd runs a unit for it',
    async () => {
      const staged = await prepare({ shell: 'dash', systemd: true })
      const graph = explore({ trigger: true })
      const walks = tours({ trigger: true }, graph, (place, edge) =>
        edge.event === 'BOOT' ? byOutcome(place, edge) : null,
      )
      expect(await walkAll(staged, walks)).toEqual([])
    },
    15 * minutes,
  )

  it(
    'goes with the model on any way that chance takes',
    async () => {
      const staged = await prepare({ shell: 'dash', systemd: false })
      expect(await stroll(staged, { seed: 1, runs: 3, longest: 25 })).toBeNull()
    },
    15 * minutes,
  )
})

describe.concurrent('a script with a mistake', () => {
  it.each(mutants)(
    'is found out: $mistake',
    async mutant => {
      const staged = await prepare({ shell: 'dash', systemd: false, script: mutate(mutant) })
      const found = await walk(staged, mutant.walk, 3).catch((error: unknown) => error)
      expect(found).toBeInstanceOf(Mismatch)
      expect((found as Mismatch).events, String(found)).toEqual(mutant.walk)
    },
    6 * minutes,
  )
})
