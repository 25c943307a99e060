import { readFileSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { planFor } from '../host/sim/fresh.ts'
import type { Job } from '../host/sim/fresh.ts'
import { judge, lookAt } from '../host/sim/oracle.ts'
import type { Before } from '../host/sim/oracle.ts'
import { pause } from '../host/sim/ran.ts'
import type { Ran } from '../host/sim/ran.ts'
import { SimHost } from '../host/sim/sim.ts'
import type { Start } from '../host/sim/sim.ts'

export const id = '20260101-0000-aaaa'
export const tx = `/var/lib/nicfix/tx/${id}`

export type Plan = {
  readonly playbook?: Parameters<typeof planFor>[0]
  readonly confirmWithin?: number
  readonly over?: 'ssh' | 'local'
}

const phases = ['staged', 'built', 'ready', 'tried'] as const
export type Phase = (typeof phases)[number]

/** One transaction on a simulated host, step by step. */
export class Scenario {
  readonly host: SimHost
  readonly before: Before
  readonly job: Job
  #phase = -1

  private constructor(host: SimHost, before: Before, job: Job) {
    this.host = host
    this.before = before
    this.job = job
  }

  static async start(plan: Plan = {}, start: Start = {}): Promise<Scenario> {
    return Scenario.on(await SimHost.start(start), plan)
  }

  static async on(host: SimHost, plan: Plan = {}): Promise<Scenario> {
    const { playbook = 'e1000e-flow-control-off', confirmWithin = 60, over = 'local' } = plan
    const job = await planFor(playbook, host.bootId, confirmWithin)
    return new Scenario(host, lookAt(host), { ...job, over })
  }

  /** Goes on until the host is in that phase. */
  async to(phase: Phase): Promise<this> {
    for (const each of phases.slice(this.#phase + 1, phases.indexOf(phase) + 1)) {
      const ran = await this.step(each)
      if (ran.code !== 0) throw new Error(`${each}: ${ran.stderr}${ran.stdout}${this.out()}`)
    }
    return this
  }

  async step(phase: Phase): Promise<Ran> {
    this.#phase = phases.indexOf(phase)
    if (phase === 'staged') return this.host.stage(this.job, id)
    const verb = ({ built: 'build', ready: 'arm', tried: 'fire' } as const)[phase]
    const ran = await this.host.tx(id, verb)
    if (phase === 'tried' && ran.code === 0) await this.until('tried')
    return ran
  }

  confirm = (): Promise<Ran> => this.host.tx(id, 'confirm')

  #file(name: string): string {
    try {
      return readFileSync(join(this.host.root, tx, name), 'utf8')
    } catch {
      return ''
    }
  }

  get phase(): string {
    return this.#file('phase').trim()
  }

  get state(): string {
    try {
      return readdirSync(join(this.host.root, tx, 'token')).join(' and ')
    } catch {
      return 'none'
    }
  }

  out = (): string => this.#file('out') + this.#file('log')
  log = (): string => this.#file('log')
  manual = (): string => this.#file('MANUAL.txt')

  /** Process id, as the host counts, of the guard or the watch. */
  pidOf = (role: 'guard' | 'watch'): string => this.#file(role).split(' ')[0] ?? ''

  /** The same process, as this machine counts: for strace. */
  tracee(role: 'guard' | 'watch'): string {
    const isIt = (pid: number) =>
      new RegExp(`^NSpid:.*\\s${this.pidOf(role)}$`, 'm').test(
        readFileSync(`/proc/${pid}/status`, 'utf8'),
      )
    const pid = this.host.processes().find(isIt)
    if (pid === undefined) throw new Error(`no ${role} runs on the host`)
    return String(pid)
  }

  /** Sends a signal; what is killed is gone when this returns, which takes a moment on a busy machine. */
  kill(signal: string, ...roles: ('guard' | 'watch')[]): Promise<Ran> {
    const pids = roles.map(role => this.pidOf(role)).join(' ')
    const wait = `for pid in ${pids}; do while [ -d /proc/$pid ]; do /usr/bin/sleep 0.01; done; done`
    return this.host.run(`kill -${signal} ${pids}${signal === 'KILL' ? `; ${wait}` : ''}`)
  }

  /** The time to confirm is over, at once. */
  deadline(): void {
    this.host.clock.leap(this.job.plan.confirmWithinSeconds)
  }

  /** Waits, without a process on the host, for one of these phases or states. */
  until = (...words: readonly string[]): Promise<void> =>
    this.#until(words.join(' or '), () => words.includes(this.phase) || words.includes(this.state))

  /** Waits for so many matches in the step log. */
  untilLog = (pattern: RegExp, times = 1): Promise<void> =>
    this.#until(String(pattern), () => (this.log().match(pattern)?.length ?? 0) >= times)

  untilJournal = (text: string): Promise<void> =>
    this.#until(text, () => readFileSync(this.path('kernel/journal'), 'utf8').includes(text))

  async #until(what: string, isSo: () => boolean): Promise<void> {
    const limit = process.hrtime.bigint() + 120_000_000_000n
    while (!isSo()) {
      if (process.hrtime.bigint() > limit)
        throw new Error(`not ${what}, but ${this.state} ${this.phase}:\n${this.out()}`)
      await pause(10)
    }
  }

  /** Waits until the host has come to rest: its state, and after it all that is not true of it. */
  async ending(): Promise<readonly string[]> {
    await this.host.settled()
    const wrong = await judge(this.host, this.before, this.job, id)
    return [this.state, ...wrong, ...(wrong.length > 0 ? [this.out()] : [])]
  }

  /** Puts a command on the host that PATH finds before any other of that name. */
  tool(name: string, ...lines: string[]): void {
    this.host.tool(name, ...lines)
  }

  /** Takes commands away, the machine's own ones too. */
  async hide(...names: string[]): Promise<void> {
    for (const name of names) rmSync(join(this.host.root, 'usr/sbin', name), { force: true })
    const white = names.map(name => `mknod /tmp/hidden/${name} c 0 0`).join(' && ')
    const over = 'mount -t overlay -o lowerdir=/tmp/hidden:/usr/bin hidden /usr/bin'
    const ran = await this.host.run(
      `mount -t tmpfs hidden /tmp && mkdir /tmp/hidden && ${white} && ${over}`,
    )
    if (ran.code !== 0) throw new Error(ran.stderr)
  }

  /** PATH of the file on this machine. */
  path = (path: string): string => join(this.host.root, path)

  end = (): Promise<void> => this.host.end()
}
