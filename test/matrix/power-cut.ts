import { SimHost } from '../host/sim/sim.ts'
import { Broken, Controller } from './controller.ts'
import { inParallel } from './pool.ts'
import { Recorder } from './points.ts'
import type { CrashState } from './points.ts'
import { comeToRest, rerun } from './rest.ts'
import { setScene } from './scenarios.ts'
import type { Ground, Scenario } from './scenarios.ts'
import { Tally } from './tally.ts'

/** Runs a scenario once, and keeps what the disk was like after each call. */
export async function record(
  ground: Ground,
  scenario: Scenario,
  seen: Set<string>,
): Promise<Recorder> {
  const host = await setScene(ground, scenario)
  const recorder = new Recorder(seen)
  try {
    const controller = new Controller(host, recorder.judge(host))
    await scenario.act(controller, ground, () => (recorder.confirmed = true))
    await host.settled()
    return recorder
  } catch (error) {
    if (!(error instanceof Broken)) throw error
    throw new Error(`${scenario.name}: ${error.message}`, { cause: error })
  } finally {
    await host.end()
  }
}

/** Boots a host from each of the states, and looks at what becomes of it. */
export async function cutEverywhere(
  ground: Ground,
  name: string,
  { points, states }: Pick<Recorder, 'points' | 'states'>,
): Promise<Tally> {
  const tally = new Tally(name, points, states.length)
  await inParallel(states, 3, state => cutAt(ground, state, tally))
  return tally
}

/** Cuts the power anew while hosts recover from those states, and looks at what the next boot makes of it. */
export async function cutAgain(
  ground: Ground,
  name: string,
  firsts: readonly CrashState[],
  stride: number,
): Promise<Tally> {
  const seen = new Set<string>()
  let points = 0
  const states: CrashState[] = []
  for (const first of firsts) {
    const recorder = await recordBoot(ground, first, seen)
    points += recorder.points
    const chosen = recorder.states.filter((_, index) => index % stride === 0)
    states.push(...chosen.map(state => ({ ...state, call: `${first.call}, then ${state.call}` })))
  }
  return cutEverywhere(ground, name, { points, states })
}

async function recordBoot(
  ground: Ground,
  { disk, call, confirmed }: CrashState,
  seen: Set<string>,
) {
  const host = SimHost.off({ ...ground.kind, disk })
  const recorder = new Recorder(seen)
  recorder.confirmed = confirmed
  try {
    await new Controller(host, recorder.judge(host)).boot()
    await host.settled()
    if (!host.isUp) throw new Error(`the host that booted after ${call} did not stay up`)
    return recorder
  } finally {
    await host.end()
  }
}

async function cutAt(ground: Ground, { disk, call, confirmed }: CrashState, tally: Tally) {
  const what = `cut after ${call}`
  const host = await SimHost.start({ ...ground.kind, disk })
  try {
    const rest = await comeToRest(host, ground, confirmed)
    const faults = [...rest.faults, ...endedByOthers(ground, rest.openBefore)]
    tally.add(what, rest, faults.length > 0 ? faults : await rerun(host, ground, rest))
  } catch (error) {
    tally.faults.push(`${what}\n    ${String(error)}`)
  } finally {
    await host.end()
  }
}

/**
 * With systemd what was armed comes to its end at boot; what was only staged holds up nothing but the next run, which
 * ends it. Without, nothing is on the boot path before the confirmation: the host is as it was, and its record is open
 * until the next contact.
 */
function endedByOthers({ kind }: Ground, openBefore: string | null): string[] {
  if (!kind.systemd || openBefore === null || openBefore === 'staged') return []
  return [`no boot could end what was ${openBefore}`]
}
