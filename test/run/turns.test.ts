import { afterEach, expect, it, vi } from 'vitest'
import { makeSlots } from '../../src/remote/slots.ts'
import { makeTurns } from '../../src/run/turns.ts'
import { FakeHost } from './fake-host.ts'
import { FakeClock } from './faults.ts'
import type { Faults } from './faults.ts'
import { travel } from './setup.ts'

afterEach(() => {
  vi.useRealTimers()
})

it('a trial that waits for its turn is looked at without one when half of its time has passed', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const host = new FakeHost(new FakeClock(), {})
  const turns = { ...makeTurns(), verify: makeSlots(0) }
  const travelling = travel({ host, job: { turns } })
  await vi.waitFor(() => expect(turns.verify.isWanted()).toBe(true))
  // The host has said 180 s a moment ago.
  await vi.advanceTimersByTimeAsync(80_000)
  expect(turns.verify.isWanted()).toBe(true)
  await vi.advanceTimersByTimeAsync(10_000)
  expect(await travelling).toMatchObject({ outcome: 'changed', exitCode: 0 })
})

it('a host gives back each turn that it had, however its run ends', async () => {
  const [probe, stage, verify, prove] = [makeSlots(1), makeSlots(1), makeSlots(1), makeSlots(1)]
  const turns = { probe, stage, verify, prove }
  const endings: Faults[] = [
    {},
    { stageRefuses: true },
    { lose: { at: 'stage', when: 'after' } },
    { lose: { at: 'probe', when: 'before' } },
    { trialMisses: true },
    { proofFails: true },
  ]
  for (const faults of endings)
    await travel({ host: new FakeHost(new FakeClock(), faults), job: { turns } })
  for (const slots of Object.values(turns)) expect(await slots.take(1)).toBe(true)
})
