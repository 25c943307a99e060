import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect } from 'vitest'
import { borrowHost, returnHost } from '../main/borrow.ts'
import type { Base } from './base.ts'
import { ensureBase } from './base.ts'
import type { Cut, Round } from './draw.ts'
import { keep } from './kept.ts'
import type { Vm } from './machine.ts'
import { chaosDir, makeVm, turnOff } from './machine.ts'
import type { Action, Means, Point } from './points.ts'
import { points } from './points.ts'
import type { Ended } from './round.ts'
import { firstPace, play } from './round.ts'
import { faultsOf } from './tally.ts'

/** A machine whose power a test file may cut. It takes the place of a lab host, so that never more than two run. */
export function setChaosBench(name: string) {
  let slot = ''
  let base: Base | undefined
  let vm: Vm | undefined
  const pace = firstPace()
  beforeAll(async () => {
    slot = await borrowHost()
    base = await ensureBase(line => console.error(line))
    vm = await makeVm(name, join(chaosDir(), name), base.host)
  })
  afterAll(async () => {
    if (vm) await turnOff(vm)
    if (vm) await rm(vm.dir, { recursive: true, force: true })
    await returnHost(slot)
  })
  const need = () => {
    if (!vm || !base) throw new Error('beforeAll has not run')
    return { vm, base }
  }
  return {
    need,
    /** Plays a round, and keeps what there is to see where the host is lost, mixed or says what is not so. */
    async play(action: Action, cut: Cut, ...boots: readonly Cut[]): Promise<Ended> {
      const round: Round = { action, cut, boots, rerun: false }
      const ended = await play(need().vm, need().base, round, pace)
      const kept =
        faultsOf(ended).length > 0 ? await keep(need().vm, `${name}-${action}`, ended) : ''
      await turnOff(need().vm)
      const { lost, verdict } = ended
      const { mixed, false: lies } = verdict
      expect({ kept, lost, mixed, lies }).toEqual({ kept: '', lost: '', mixed: [], lies: [] })
      expect(ended.cuts.filter(each => !each.reached)).toEqual([])
      return ended
    },
  }
}

/** A cut at a point by its name. */
export function at(during: Point['during'], name: string, by: Means = 'sysrq', delay = 0): Cut {
  const point = points.find(each => each.during === during && each.name === name)
  if (!point) throw new Error(`there is no point ${during}: ${name}`)
  return { at: point, by, delay }
}
