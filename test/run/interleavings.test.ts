import { array, assert, asyncProperty, boolean, constantFrom, integer, record } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { outcomes } from '../../src/model/report.ts'
import { applyPlan } from '../../src/run/run.ts'
import type { HostResult } from '../../src/run/run.ts'
import { Trouble } from '../../src/problems.ts'
import { Controller } from './controller.ts'
import type { FakeHost } from './fake-host.ts'

const moment = constantFrom('before' as const, 'after' as const)

/** What happens to a run, all of it at once. */
const troubles = record({
  faults: record({
    buildFails: flag(),
    trialFails: flag(),
    trialMisses: flag(),
    persistFails: flag(),
    proofFails: flag(),
    rebootsAfterTrial: flag(),
    rollbackFails: flag(),
  }),
  /** Each controller dies so many writes or commands after it began; the next one comes after so many seconds. */
  kills: array(
    record({
      at: constantFrom('write' as const, 'command' as const),
      after: integer({ min: 1, max: 30 }),
      when: moment,
      seconds: integer({ min: 0, max: 400 }),
    }),
    { maxLength: 4 },
  ),
  losses: array(record({ number: integer({ min: 1, max: 40 }), when: moment }), { maxLength: 6 }),
  confirmations: integer({ min: 1, max: 3 }),
})

/** Mostly false: of a run that fails at once nothing is learned. */
function flag() {
  return integer({ min: 0, max: 5 }).map(number => number === 0)
}

type Troubles = typeof troubles extends { generate: (...words: never[]) => { value: infer T } }
  ? T
  : never

function letPass(controller: Controller, seconds: number): void {
  const { host } = controller
  for (let passed = 0; passed < seconds; passed += 5) {
    host.clock.ms += 5000
    host.tick()
  }
}

/** The last controller's result; null when nothing was ever begun. */
async function live({ faults, kills, losses, confirmations }: Troubles) {
  const controller = new Controller(faults)
  controller.confirmations = confirmations
  for (const { number, when } of losses) controller.losses.set(number, when)
  let result: HostResult | null = null
  for (let life = 0; life <= kills.length; life += 1) {
    const kill = kills[life]
    const done = kill?.at === 'write' ? controller.writes : controller.commands
    controller.dies = kill ? { at: kill.at, number: done + kill.after, when: kill.when } : null
    if (controller.entries.length === 0) result = await controller.start(applyPlan)
    else {
      try {
        result = await controller.goOn()
      } catch (error) {
        // It could not be met again; it stays as it is, and the next one comes.
        if (!(error instanceof Trouble)) throw error
        result = null
      }
    }
    if (result) return { controller, result }
    if (kill) letPass(controller, kill.seconds)
  }
  return { controller, result: null }
}

/** What the outcome says and the host does not. */
function untruths(
  { outcome }: HostResult,
  { state, value }: FakeHost,
  { faults }: Troubles,
): string[] {
  const isOld = ['failed', 'refused', 'locked', 'unreachable'].includes(outcome)
  const isBack = outcome === 'rolledBack' && !faults.rollbackFails
  return [
    ...(outcomes.includes(outcome) ? [] : [`there is no outcome ${outcome}`]),
    ...(outcome === 'changed' && (state !== 'committed' || value !== 'off')
      ? [`changed, but the host is ${state} ${value}`]
      : []),
    ...((isOld || isBack) && value !== 'on' ? [`${outcome}, but the host has ${value}`] : []),
    // Nothing is left that nobody will ever end.
    ...(['pending', 'rollback'].includes(state) ? [`the host is still ${state}`] : []),
  ]
}

describe('a run to which everything happens at once', () => {
  it('ends in a named outcome, and the host is as that outcome says', async () => {
    const seen = new Set<string>()
    await assert(
      asyncProperty(troubles, boolean(), async (what, extra) => {
        let { controller, result } = await live(what)
        // Whatever stopped the last one, the network mends at some time, and somebody resumes.
        controller.losses.clear()
        const open = controller.entries.at(-1)?.kind !== 'outcome'
        if (!result && controller.entries.length > 0 && open) {
          if (extra) letPass(controller, 600)
          result = await controller.resume()
        }
        if (!result) return
        seen.add(result.outcome)
        letPass(controller, 900)
        expect(untruths(result, controller.host, what)).toEqual([])
      }),
      { numRuns: 400 },
    )
    expect([...seen].toSorted()).toEqual(
      expect.arrayContaining(['changed', 'dirty', 'failed', 'rolledBack']),
    )
  })
})
