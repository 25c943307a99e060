import { setTimeout as sleep } from 'node:timers/promises'
import { driverPackages } from '../../src/lab/lab.ts'
import type { Base } from './base.ts'
import { wakeAt } from './base.ts'
import * as controller from './controller.ts'
import type { Run, Told } from './controller.ts'
import type { Cut, Round } from './draw.ts'
import type { Verdict } from './judge.ts'
import { judge } from './judge.ts'
import { look, settle } from './look.ts'
import type { Vm } from './machine.ts'
import * as vms from './machine.ts'
import { quickPackage } from '../main/quick.ts'
import type { Action, Means } from './points.ts'
import { mark, startOf, watcher } from './points.ts'

/** A cut that was made. */
export type Made = {
  readonly during: Action | 'boot'
  readonly point: string
  readonly by: Means
  readonly delay: number
  /** False: the point did not come, and the power went after all was done. */
  readonly reached: boolean
  readonly seconds: number
}

export type Ended = {
  readonly action: Action
  readonly cuts: readonly Made[]
  readonly told: Told
  readonly verdict: Verdict
  /** Why the host counts as lost: it did not answer by SSH, or did not come to rest. */
  readonly lost: string
  /** From power on to an answer by SSH, and to rest. */
  readonly sshSeconds: number
  readonly restSeconds: number
  /** Of an action that was not cut. */
  readonly rollbackSeconds: number | null
  readonly rerun: string
  readonly seconds: number
}

/** How long things take here; what was measured replaces the guess. */
export type Pace = Record<Action | 'boot', number>

export const firstPace = (): Pace => ({
  ...(Object.fromEntries(
    Object.entries(startOf).map(([name, { seconds }]) => [name, seconds]),
  ) as Record<Action, number>),
  boot: 30,
})

const bootLimitSeconds = 300

/** Wakes a machine, cuts it, boots it, cuts that, boots it again, and judges what is there then. */
export async function play(vm: Vm, base: Base, round: Round, pace: Pace): Promise<Ended> {
  const began = performance.now()
  const { action, cut } = round
  await wakeAt(vm, base, startOf[action].from)
  const isNew = action === 'stage' || action === 'build'
  const run = isNew
    ? controller.newRun(vm)
    : controller.openRun(vm, base.run, base.token, toldBefore(action))
  const cuts: Made[] = []
  let rollbackSeconds: number | null = null
  if (cut) cuts.push(await cutAction(run, base, action, cut, pace))
  else rollbackSeconds = await letEnd(run, base, action)
  for (const each of cut ? round.boots : []) cuts.push(await cutBoot(vm, run.id, each, pace))
  const end = cut ? await comeUp(vm) : { lost: '', sshSeconds: 0, restSeconds: 0 }
  if (!end.lost && cut && end.restSeconds > 0) pace.boot = (pace.boot + end.restSeconds) / 2
  let verdict: Verdict = { outcome: 'mixed', state: 'unknown', mixed: [], false: [] }
  let rerun = ''
  if (!end.lost) {
    verdict = judge(base, run.id, run.told, await look(vm), cut !== null)
    if (verdict.outcome === 'open') verdict = await orLie(verdict, closeOpen(run, base, verdict))
    if (isFine(verdict) && round.rerun) {
      verdict = await orLie(
        verdict,
        again(vm, verdict).then(how => ((rerun = how), verdict)),
      )
    }
  }
  const seconds = (performance.now() - began) / 1000
  return { action, cuts, told: run.told, verdict, ...end, rollbackSeconds, rerun, seconds }
}

/** What the host then refuses to do belies what it said of itself. */
const orLie = (verdict: Verdict, work: Promise<Verdict>): Promise<Verdict> =>
  work.catch((error: unknown) => ({ ...verdict, false: [...verdict.false, String(error)] }))

export const isFine = ({ mixed, false: lies }: Verdict): boolean => mixed.length + lies.length === 0

function toldBefore(action: Action): Told {
  const { from } = startOf[action]
  return from === 'committed' ? 'committed' : from === 'tried' ? 'armed' : 'nothing'
}

async function perform(run: Run, base: Base, action: Action): Promise<void> {
  const name = 'i40e-2.13.10'
  if (action === 'stage') await controller.stage(run, base.plan, await quickPackage(name))
  const real = driverPackages()[name]
  if (action === 'build' && real) await controller.stage(run, base.plan, real)
  if (action === 'build') await controller.build(run)
  if (action === 'try') await controller.tryIt(run)
  if (action === 'wait') await controller.runOut(run)
  if (action === 'confirm') await controller.confirm(run)
  if (action === 'cancel') await controller.takeBack(run, 'cancel')
  if (action === 'undo') await controller.takeBack(run, 'rollback')
}

/** The action without a cut: how long the way back takes, by the host's own clock. */
async function letEnd(run: Run, base: Base, action: Action): Promise<number | null> {
  await perform(run, base, action)
  const events = await controller.readEvents(run)
  await controller.hangUp(run)
  await settle(run.vm)
  const from = events.findLast(({ text }) => text === 'phase rolling-back')?.uptime
  const to = events.findLast(({ text }) => text === 'phase ended')?.uptime
  return from === undefined || to === undefined ? null : to - from
}

async function cutAction(
  run: Run,
  base: Base,
  action: Action,
  cut: Cut,
  pace: Pace,
): Promise<Made> {
  const { vm } = run
  if (typeof cut.at !== 'number') await startWatcher(vm, watcher(cut.at, run.id, cut.by, cut.delay))
  const began = performance.now()
  let failed = ''
  const performing = perform(run, base, action).catch((error: unknown) => {
    // With the power everything fails; before, only what is wrong.
    if (vms.isOn(vm) && !/connection|not reached|closed|ECONN/i.test(String(error)))
      failed = String(error)
  })
  const limit = typeof cut.at === 'number' ? cut.at * pace[action] : pace[action] * 4 + 60
  const reached = await cutWhenDue(vm, cut, limit, performing)
  await Promise.race([performing, sleep(500)])
  await controller.hangUp(run)
  if (failed) throw new Error(`${action} went wrong before it was cut: ${failed}`)
  const seconds = (performance.now() - began) / 1000
  if (!reached) pace[action] = seconds
  return tellCut(action, cut, reached, seconds)
}

async function cutBoot(vm: Vm, run: string, cut: Cut, pace: Pace): Promise<Made> {
  const began = performance.now()
  const isTimed = typeof cut.at === 'number'
  await vms.boot(vm, typeof cut.at === 'number' ? '' : watcher(cut.at, run, cut.by, cut.delay))
  const rest = isTimed ? new Promise<unknown>(() => undefined) : comeUp(vm)
  const limit = typeof cut.at === 'number' ? cut.at * pace.boot : bootLimitSeconds
  const reached = await cutWhenDue(vm, cut, limit, rest)
  return tellCut('boot', cut, reached, (performance.now() - began) / 1000)
}

const tellCut = (
  during: Made['during'],
  { at, by, delay }: Cut,
  reached: boolean,
  seconds: number,
): Made => {
  const point = typeof at === 'number' ? 'at random' : at.name
  return { during, point, by, delay, reached, seconds }
}

async function startWatcher(vm: Vm, script: string): Promise<void> {
  const text = Buffer.from(script).toString('base64')
  await vms.inside(
    vm,
    `echo ${text} | base64 -d >/run/watch.sh
    setsid sh /run/watch.sh </dev/null >/dev/null 2>&1 &`,
  )
}

/** Returns when the machine is off: at its point, or when what went on has ended without coming to it. */
async function cutWhenDue(
  vm: Vm,
  cut: Cut,
  limitSeconds: number,
  work: Promise<unknown>,
): Promise<boolean> {
  const end = performance.now() + limitSeconds * 1000
  const isTimed = typeof cut.at === 'number'
  let isOver = false
  void work.then(async () => {
    // A point may come a moment after the controller has heard of it.
    await sleep(3000)
    isOver = true
  })
  const isMarked = async () => cut.by !== 'sysrq' && (await vms.readSerial(vm)).includes(mark)
  while (vms.isOn(vm)) {
    if (!isTimed && (await isMarked())) return goOff(vm, cut.by)
    if (performance.now() > end || (isOver && !isTimed)) {
      await goOff(vm, cut.by)
      return isTimed
    }
    // What waits here waits for long: twenty looks a second take little from the guest.
    await sleep(cut.by === 'sysrq' && !isTimed ? 50 : 15)
  }
  return true
}

async function goOff(vm: Vm, by: Means): Promise<true> {
  if (by === 'kill') await vms.cutPower(vm)
  else if (by === 'quit') await vms.turnOff(vm)
  else await vms.pressReset(vm)
  if (!(await vms.goesOff(vm, 5))) await vms.cutPower(vm)
  return true
}

/** Boots and waits until the host is at rest. A guest that resets by itself is switched on again, a few times. */
async function comeUp(vm: Vm): Promise<Pick<Ended, 'lost' | 'sshSeconds' | 'restSeconds'>> {
  const began = performance.now()
  const passed = () => (performance.now() - began) / 1000
  if (!vms.isOn(vm)) await vms.boot(vm)
  try {
    await (await vms.connect(vm, bootLimitSeconds)).close()
  } catch (error) {
    const why = vms.isOn(vm) ? 'no answer by SSH' : 'it has reset itself'
    return {
      lost: `${why} within ${passed().toFixed(0)} s: ${String(error)}`,
      sshSeconds: 0,
      restSeconds: 0,
    }
  }
  const sshSeconds = passed()
  const lost = await settle(vm).catch(String)
  return { lost, sshSeconds, restSeconds: passed() }
}

/** What was not armed yet is ended as a controller does it: by taking it back, or by the next run. */
async function closeOpen(run: Run, base: Base, before: Verdict): Promise<Verdict> {
  if (before.state === 'staged') await controller.recover(run)
  const next = controller.newRun(run.vm)
  const driver = await quickPackage('i40e-2.13.10')
  const plan = await controller.planUpgrade(next, driver)
  if (!plan) return { ...before, false: ['the plan says that there is nothing to do'] }
  await controller.stage(next, plan, driver)
  await controller.recover(next)
  await controller.hangUp(next)
  await controller.hangUp(run)
  const after = judge(base, run.id, run.told, await look(run.vm), true)
  return {
    ...after,
    mixed: [...before.mixed, ...after.mixed],
    false: [...before.false, ...after.false],
  }
}

/** The host must be fit for the next run: nothing to do where all is new, else a whole run. */
async function again(vm: Vm, { outcome, state }: Verdict): Promise<string> {
  const run = controller.newRun(vm)
  const driver = await quickPackage('i40e-2.13.10')
  const plan = await controller.planUpgrade(run, driver)
  if (plan && state !== 'committed') {
    await controller.stage(run, plan, driver)
    await controller.build(run)
    await controller.tryIt(run)
    await controller.confirm(run)
  }
  await controller.hangUp(run)
  if (outcome === 'old' && run.told !== 'committed')
    throw new Error('the rerun did not get to its end')
  return run.told === 'committed' ? 'committed' : 'nothing to do'
}
