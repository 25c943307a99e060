import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Vm } from '../chaos/machine.ts'
import * as vms from '../chaos/machine.ts'
import type { Contender, Job, Said } from './contender.ts'
import type { Fault } from './faults.ts'
import { mark, watcher } from './faults.ts'
import type { View } from './look.ts'
import { rest, view } from './look.ts'
import { knownFor } from './known.ts'
import type { Driver } from './modules.ts'
import type { Faulty, State } from './oracle.ts'
import { count, judge } from './oracle.ts'
import { watchSsh } from './outage.ts'
import type { Path } from './path.ts'
import { openPath } from './path.ts'
import type { Start } from './start.ts'
import { wakeAtStart } from './start.ts'

/** What became of one host. */
export type Case = {
  readonly fault: string
  readonly driver: Driver
  readonly contender: string
  readonly said: Omit<Said, 'output'>
  /** Whether the moment of the fault came. */
  readonly reached: boolean
  readonly faulty: readonly Faulty[]
  /** Null: it could not be reached. */
  readonly end: State | null
  /** After one more boot: of a host that was lost, or of which it was said that all is done. */
  readonly later: State | null
  /** The longest time without an answer by SSH; null: there was none any more. */
  readonly secondsDown: number | null
  readonly seconds: number
  /** On what: the contender's own work, the wait until the host is at rest and looked at, one more boot and look. */
  readonly spent: { readonly work: number; readonly rest: number; readonly boot: number }
  readonly litter: readonly string[]
  /** What the host looked like; of a control, what "new" is from then on. */
  readonly view: View | null
}

/** How long a host may be without SSH after its contender has ended or died. The window of a guard and its way back fit in. */
export const boundSeconds = 120
const contenderLimitSeconds = 420
/** A boot takes half a minute on a quiet machine, some minutes on a busy one. */
const bootLimitSeconds = 300

/** Plays one case on a fresh host, and judges it. */
export async function play(
  vm: Vm,
  start: Start,
  contender: Contender,
  fault: Fault,
  driver: Driver,
  control: View | null,
): Promise<Case> {
  const began = performance.now()
  await wakeAtStart(vm, start)
  const path = await openPath(vm.machine.port)
  const outage = watchSsh(vm.machine.port)
  try {
    const job = await makeJob(vm, path, driver, fault)
    await contender.prepare(job)
    if (fault.before) await vms.inside(vm, fault.before, 120)
    const passed = () => Math.round((performance.now() - began) / 1000)
    const from = passed()
    const { said, reached, hasBooted } = await work(contender, job, fault, path)
    const until = passed()
    const end = await comeToRest(vm, hasBooted)
    const rested = passed()
    const secondsDown = end ? outage.longest() : null
    const known = { old: start.old, new: knownFor(start, driver, fault.kind, control ?? end) }
    const state = end && judge(driver, known, end)
    const isDoubtful = !state || said.claim === 'done'
    const after = isDoubtful ? await bootAgain(vm, state !== null) : null
    const later = after && judge(driver, known, after)
    return {
      fault: fault.name,
      driver,
      contender: contender.name,
      said: { claim: said.claim, how: said.how },
      reached,
      faulty: count(said.claim, state, later),
      end: state,
      later,
      secondsDown,
      litter: end?.litter ?? [],
      view: end,
      seconds: passed(),
      spent: { work: until - from, rest: rested - until, boot: passed() - rested },
    }
  } finally {
    outage.stop()
    path.close()
    await vms.turnOff(vm)
  }
}

async function makeJob(vm: Vm, path: Path, driver: Driver, { kind }: Fault): Promise<Job> {
  const dir = join(vm.dir, 'case')
  await rm(dir, { recursive: true, force: true })
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const { login } = vm
  const key = await hostKeyOf(vm)
  await writeFile(join(dir, 'known_hosts'), `[127.0.0.1]:${path.port} ${key}\n`)
  const lines = {
    HostName: '127.0.0.1',
    Port: path.port,
    User: login.user,
    IdentityFile: login.keyFile,
    IdentitiesOnly: 'yes',
    UserKnownHostsFile: join(dir, 'known_hosts'),
    GlobalKnownHostsFile: '/dev/null',
    StrictHostKeyChecking: 'yes',
    BatchMode: 'yes',
    ConnectTimeout: 10,
    // Longer than a reload takes: a dead connection is to be noticed, a slow one is not to be given up.
    ServerAliveInterval: 10,
    ServerAliveCountMax: 6,
  }
  const text = Object.entries(lines).map(([name, value]) => `  ${name} ${value}\n`)
  const sshConfig = join(dir, 'ssh_config')
  await writeFile(sshConfig, `Host target\n${text.join('')}`)
  return { vm, dir, sshConfig, driver, kind }
}

async function hostKeyOf({ login }: Vm): Promise<string> {
  return (await readFile(login.knownHostsFile, 'utf8')).trim().split(' ').slice(1).join(' ')
}

/** Lets the contender work until it has said something or is dead, and does to it what the fault is. */
async function work(contender: Contender, job: Job, fault: Fault, path: Path) {
  const { vm, driver, kind } = job
  const { blow } = fault
  if (blow) await startWatcher(vm, watcher(contender.when(blow.at, driver, kind), blow.by))
  const attempt = contender.start(job)
  const words: Said[] = []
  const ended = attempt.said.then(said => words.push(said))
  const limit = performance.now() + contenderLimitSeconds * 1000
  let reached = !blow
  let hasBooted = false
  while (words.length === 0 && performance.now() < limit) {
    if (!reached && (await vms.readSerial(vm)).includes(mark)) {
      reached = true
      if (blow?.by === 'cut') path.cut()
      if (blow?.by === 'kill') {
        attempt.kill()
        path.drop()
      }
    }
    // The power comes back at once, and the controller may go on: it is only the host that was off.
    if (!vms.isOn(vm)) {
      reached ||= (await vms.readSerial(vm)).includes(mark)
      await vms.boot(vm)
      hasBooted = true
    }
    await Promise.race([ended, sleep(20)])
  }
  attempt.kill()
  const silent: Said = { claim: 'silent', how: 'never came back', output: '' }
  const last = words[0] ?? silent
  await writeFile(join(job.dir, 'output.txt'), `${last.how}\n${last.output}`)
  return { said: last, reached, hasBooted }
}

async function startWatcher(vm: Vm, script: string): Promise<void> {
  const text = Buffer.from(script).toString('base64')
  await vms.inside(
    vm,
    `echo ${text} | base64 -d >/run/watch.sh
    setsid sh /run/watch.sh </dev/null >/dev/null 2>&1 &`,
  )
}

/** What the host looks like once it has come to rest; null where it cannot be reached within the bound. */
async function comeToRest(vm: Vm, hasBooted: boolean): Promise<View | null> {
  let isBooting = hasBooted
  for (let tries = 0; tries < 3; tries += 1) {
    if (!vms.isOn(vm)) {
      await vms.boot(vm)
      isBooting = true
    }
    if (!(await answers(vm, isBooting ? bootLimitSeconds : boundSeconds))) {
      if (vms.isOn(vm)) return null
      continue
    }
    try {
      await rest(vm)
      // It may have gone only now: a trial that nobody confirmed is taken back, and SSH has to come back again.
      if (await answers(vm, boundSeconds)) return await view(vm)
      if (vms.isOn(vm)) return null
    } catch (error) {
      if (vms.isOn(vm)) throw error
    }
  }
  return null
}

const answers = (vm: Vm, seconds: number): Promise<boolean> =>
  vms.connect(vm, seconds).then(
    async connection => {
      const { kind } = await connection.run('true', { timeoutMs: 20_000 })
      await connection.close()
      return kind === 'exited'
    },
    () => false,
  )

/** One more boot: in order of what was said to be done, by the power button of what is lost. */
async function bootAgain(vm: Vm, isReachable: boolean): Promise<View | null> {
  if (isReachable) await vms.inside(vm, 'sync', 120)
  await vms.turnOff(vm)
  await vms.boot(vm)
  return comeToRest(vm, true)
}
