import { describe, expect, it } from 'vitest'
import { prepare } from '../host/model/host.ts'
import { stroll } from '../host/model/random.ts'
import { walkAll } from '../host/model/walk.ts'
import { hasShell, shells } from '../host/sim/root.ts'
import type { Shell } from '../host/sim/root.ts'
import { byAll, byOutcome, explore, tours } from '../machines/tours.ts'

// What model.matrix.test.ts does in short; an hour of it, so only where NICFIX_MATRIX=full asks for it. NICFIX_SEED takes
// other ways by chance.
const wanted = process.env['NICFIX_MATRIX'] === 'full'
const hours = 3_600_000
const seed = Number(process.env['NICFIX_SEED'] ?? 2)
const runs = Number(process.env['NICFIX_RUNS'] ?? 40)
const others = (Object.keys(shells) as Shell[]).filter(each => each !== 'dash' && hasShell(each))

describe.runIf(wanted).each([false, true])(
  'the script on a host where systemd is process 1: %s',
  systemd => {
    const graph = explore({ trigger: systemd })

    it(
      'goes with the model through each event in each state, whatever else is so',
      async () => {
        const staged = await prepare({ shell: 'dash', systemd })
        expect(await walkAll(staged, tours({ trigger: systemd }, graph, byAll))).toEqual([])
      },
      hours,
    )

    it(
      'goes with the model on many ways that chance takes',
      async () => {
        const staged = await prepare({ shell: 'dash', systemd })
        expect(await stroll(staged, { seed, runs, longest: 40 })).toBeNull()
      },
      hours,
    )
  },
)

describe.runIf(wanted).each(others)('the script in %s', shell => {
  it(
    'answers and moves as the model does, for each event in each state',
    async () => {
      const staged = await prepare({ shell, systemd: false })
      const walks = tours({ trigger: false }, explore({ trigger: false }), byOutcome)
      expect(await walkAll(staged, walks)).toEqual([])
    },
    hours,
  )
})
