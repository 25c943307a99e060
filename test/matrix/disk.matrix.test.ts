import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { Scenario, id } from '../faults/scenario.ts'
import type { Phase } from '../faults/scenario.ts'
import { Volume } from '../faults/volume.ts'
import { stockI40e } from '../host/sim/driver.ts'
import { token } from '../host/sim/fresh.ts'
import { pause } from '../host/sim/ran.ts'
import { txCommand } from '../../src/host/protocol.ts'
import { trace, withEndMark } from './trace.ts'
import { pick } from './share.ts'

let volume: Volume
let scenario: Scenario
afterEach(() => volume.end())

async function start(): Promise<void> {
  volume = await Volume.start()
  scenario = await Scenario.on(volume.host, { playbook: 'i40e-upgrade' })
}

/** What a controller does next, until there is nothing left to be done; a refusal ends it. */
async function goOn(from: Phase, confirms: boolean): Promise<void> {
  const phases = ['built', 'ready', 'tried'] as const
  for (const phase of phases.slice(['staged', ...phases].indexOf(from))) {
    const isTrial = phase === 'tried'
    const ran = await (isTrial ? scenario.host.tx(id, 'fire') : scenario.step(phase))
    if (ran.code !== 0) {
      await scenario.host.tx(id, 'cancel')
      return
    }
    // Without room for the state of the ports it is taken back before a driver is touched.
    if (isTrial) await scenario.until('tried', 'ended')
  }
  if (confirms) await scenario.confirm()
  else scenario.deadline()
}

/** All old or all new, and the state says which. */
const oneOrTheOther = [expect.stringMatching(/^(committed|rolled-back|cancelled)$/)]

const phases = ['staged', 'built', 'ready', 'tried'] as const
const cases = phases.flatMap(phase =>
  (['blocks', 'inodes', 'both'] as const).flatMap(what =>
    [true, false].map(confirms => [what, phase, confirms ? 'confirmed' : 'left alone'] as const),
  ),
)

const fill = (what: 'blocks' | 'inodes' | 'both') => {
  if (what !== 'blocks') volume.fill('inodes')
  if (what !== 'inodes') volume.fill('blocks')
}

describe('a disk that is full', () => {
  it.each(pick(cases, 1, 0))(
    '(%s) from the phase %s on ends in one of two ways, %s',
    async (what, phase, then) => {
      await start()
      await scenario.to(phase)
      fill(what)
      await goOn(phase, then === 'confirmed')
      await scenario.host.settled()
      expect(await scenario.ending()).toEqual(oneOrTheOther)
    },
  )

  it.each(['rollback', 'committed'])(
    'from the state %s on ends in one of two ways',
    async state => {
      await start()
      await scenario.to('tried')
      if (state === 'committed') await scenario.confirm()
      else scenario.deadline()
      await scenario.until(state)
      fill('both')
      await scenario.host.settled()
      expect(await scenario.ending()).toEqual(oneOrTheOther)
    },
  )

  it('keeps a committed change from being taken back half: nothing, or all of it', async () => {
    await start()
    await scenario.to('tried')
    await scenario.confirm()
    await scenario.until('committed')
    await scenario.host.settled()
    fill('both')
    const { code } = await scenario.host.tx(id, 'rollback')
    await scenario.host.settled()
    expect(await scenario.ending()).toEqual([code === 0 ? 'rolled-back' : 'committed'])
    volume.free()
    await scenario.host.tx(id, 'rollback')
    expect(await scenario.ending()).toEqual(['rolled-back'])
  })
})

/** Stages, builds and arms under trace: the guard stays under it. At the N-th call the disk fills up. */
async function upTo(n: number, harm: () => void): Promise<void> {
  let calls = 0
  let isDone = false
  const judge = () => {
    calls += 1
    if (calls >= n && !isDone) {
      isDone = true
      harm()
    }
    return 'go on' as const
  }
  const text = ['build', 'arm', 'fire'].map(verb => txCommand(id, verb as 'build')).join(' && ')
  await scenario.to('staged')
  const traced = trace(scenario.host.argv(withEndMark(text)), '', judge)
  const { code } = await traced.ran
  if (code !== 0) {
    // Nothing was changed. On a failed disk a second trigger may stay, which cannot write that down.
    await scenario.host.tx(id, 'cancel')
    return
  }
  await waitFor(() => scenario.phase === 'tried' || isAtRest())
  await scenario.host.run(txCommand(id, 'confirm'), `${token}\n`)
  await pause(200)
  scenario.deadline()
  await waitFor(isAtRest)
}

/** Nobody is at work any more, or has said that all is done that can be done on such a disk. */
const isAtRest = (): boolean =>
  scenario.host.processes().length === 0 ||
  readFileSync(scenario.path('kernel/journal'), 'utf8').includes('user.emerg')

async function waitFor(isSo: () => boolean): Promise<void> {
  for (let n = 0; !isSo(); n++) {
    if (n === 1500) throw new Error(`still at work: ${scenario.state} ${scenario.out()}`)
    await pause(20)
  }
}

describe('a disk that fills up, or fails, at the N-th call that changes something', () => {
  // Of some fifteen hundred calls every so many-th, so that all parts are met.
  const calls = Array.from({ length: 156 }, (_, n) => 1 + n * 10)
  const samples = pick(calls, 14, 0)

  it.each(samples)('full at N = %i', async n => {
    await start()
    await upTo(n, () => fill('both'))
    expect(await scenario.ending()).toEqual(oneOrTheOther)
  })

  it.each(samples)(
    'read-only at N = %i: the driver is old or confirmed, and a repair ends it',
    async n => {
      await start()
      await upTo(n, () => volume.fail())
      const isKept = ['confirmed', 'committed'].includes(scenario.state)
      const { modules } = scenario.host.kernelState()
      expect(isKept || modules['i40e'] === stockI40e.buildId).toBe(true)
      await volume.repair()
      await scenario.host.settled()
      if (!['committed', 'rolled-back', 'cancelled'].includes(scenario.state))
        await scenario.host.tx(id, 'rollback')
      await scenario.host.settled()
      expect(await scenario.ending()).toEqual(oneOrTheOther)
    },
  )
})
