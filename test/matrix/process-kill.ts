import { textOf } from '../host/sim/disk.ts'
import type { SimHost } from '../host/sim/sim.ts'
import { Controller, id } from './controller.ts'
import { inParallel } from './pool.ts'
import { Killer } from './points.ts'
import { comeToRest, rerun } from './rest.ts'
import { setScene } from './scenarios.ts'
import type { Ground, Scenario } from './scenarios.ts'
import { Tally } from './tally.ts'
import type { Verdict } from './trace.ts'

export type Kill = { readonly point: number; readonly verdict: Exclude<Verdict, 'go on'> }

/** Runs a scenario anew for each kill: one process, or it and its group, dies at that point; all others go on. */
export async function killEverywhere(
  ground: Ground,
  scenario: Scenario,
  name: string,
  points: number,
  kills: readonly Kill[],
): Promise<Tally> {
  const tally = new Tally(name, points, kills.length)
  await inParallel(kills, 3, kill => killAt(ground, scenario, kill, tally))
  return tally
}

async function killAt(ground: Ground, scenario: Scenario, kill: Kill, tally: Tally, retries = 3) {
  const host = await setScene(ground, scenario)
  const killer = new Killer(kill.point, kill.verdict)
  let confirmed = false
  // A controller whose command was killed has nothing more to say in that run.
  let gaveUp = ''
  const controller = new Controller(host, killer.judge(host))
  try {
    const act = scenario.act(controller, ground, () => (confirmed = true))
    await within(40_000, act, () => host.busyWith()).catch(
      (error: Error) => (gaveUp = error.message),
    )
    if (scenario.madeUpAtBoot) {
      await host.settled()
      await host.boot()
    }
    const rest = await comeToRest(host, ground, confirmed)
    const what = `${kill.verdict} at ${kill.point}: ${killer.killedAt ?? 'not reached'} (${gaveUp})`
    const faults = rest.faults.length > 0 ? rest.faults : await rerun(host, ground, rest)
    tally.add(what, rest, faults.length > 0 ? [...faults, recordOf(host)] : [])
    if (process.env['NICFIX_MATRIX'] === 'show' && rest.openBefore !== null)
      console.log(`${rest.openBefore} before ${rest.state}: ${what}`)
  } catch (error) {
    // strace loses a race against the kill now and then, and leaves what it had stopped.
    if (controller.traceFault() !== null && retries > 0)
      return await killAt(ground, scenario, kill, tally, retries - 1)
    const what = `${kill.verdict} at ${kill.point}: ${killer.killedAt} (${gaveUp})`
    tally.faults.push([what, String(error), recordOf(host)].join('\n    '))
  } finally {
    await host.end()
  }
}

/** What the host wrote down of the run: a kill that went wrong once in a thousand runs may not come again. */
function recordOf(host: SimHost): string {
  const files = ['log', 'out'].map(name => textOf(host.disk(), `/var/lib/nicfix/tx/${id}/${name}`))
  return files
    .map(text => (text ?? '').trimEnd().replaceAll('\n', '\n    '))
    .join('\n    -- out\n    ')
}

/** @param says what goes on when the time is over */
function within(ms: number, work: Promise<void>, says: () => string): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no end after ${ms} ms: ${says()}`)), ms)
  })
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}
