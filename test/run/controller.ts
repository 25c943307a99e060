import type { Facts } from '../../src/model/facts.ts'
import type { Exit } from '../../src/model/exit.ts'
import type { Entry, Line } from '../../src/run/journal.ts'
import { applyPlan, resumeRun } from '../../src/run/run.ts'
import type { HostResult } from '../../src/run/run.ts'
import { keepFacts } from '../../src/run/kept-facts.ts'
import { openSession } from '../../src/run/session.ts'
import type { Job } from '../../src/run/session.ts'
import { lost, nameOf } from './answers.ts'
import { FakeHost } from './fake-host.ts'
import { FakeClock } from './faults.ts'
import type { Faults } from './faults.ts'
import { makeJob, quiet } from './setup.ts'

const never = new Promise<never>(() => {
  /* what a process that was killed waits for */
})

/** What outlives a controller: its journal and the facts that it kept. */
export class Controller {
  readonly host: FakeHost
  readonly entries: Entry[] = []
  before: Facts | null = null
  begun: Facts | null = null
  writes = 0
  /** Dies at this write of its journal, or at this command to the host. */
  dies: { at: 'write' | 'command'; number: number; when: 'before' | 'after' } | null = null
  /** Commands over which the link dies, by their number: before the host gets them, or after they were done. */
  readonly losses = new Map<number, 'before' | 'after'>()
  /** Confirmations that reach the host so many times, as when a network repeats itself. */
  confirmations = 1
  #gone: (why: 'died') => void = () => {}
  #commands = 0
  readonly #more: Partial<Job>

  constructor(faults: Faults = {}, more: Partial<Job> = {}) {
    this.host = new FakeHost(new FakeClock(), faults)
    this.#more = more
  }

  get commands(): number {
    return this.#commands
  }

  #dead = false
  #dieAt(at: 'write' | 'command', number: number, when: 'before' | 'after'): boolean {
    const { dies } = this
    if (dies?.at !== at || dies.number !== number || dies.when !== when) return this.#dead
    this.#dead = true
    this.#gone('died')
    return true
  }

  async #send(number: number, run: () => Promise<Exit>, command: string): Promise<Exit> {
    if (this.losses.get(number) === 'before') return lost()
    const exit = await run()
    const again = nameOf(command) === 'confirm' ? this.confirmations - 1 : 0
    for (let time = 0; time < again; time += 1) await run()
    return this.losses.get(number) === 'after' ? lost() : exit
  }

  #session() {
    const { host } = this
    const fallible = {
      name: host.name,
      vars: host.vars,
      lab: host.lab,
      connect: async () => {
        const connection = await host.connect()
        return {
          ...connection,
          run: async (...words: Parameters<typeof connection.run>) => {
            const number = ++this.#commands
            if (this.#dieAt('command', number, 'before')) return never
            const exit = await this.#send(number, () => connection.run(...words), words[0])
            return this.#dieAt('command', number, 'after') ? never : exit
          },
        }
      },
    }
    const job = makeJob(host, {
      host: fallible,
      saveFacts: facts => Promise.resolve(void (this.before = facts)),
      saveBegun: facts => Promise.resolve(void (this.begun = facts)),
      ...this.#more,
    })
    const { before, begun: since } = this
    return openSession(job, {
      ...(before ? { facts: keepFacts(before) } : {}),
      ...(since ? { begun: keepFacts(since) } : {}),
    })
  }

  #ride() {
    const append = (entry: Entry): Promise<void> => {
      const number = ++this.writes
      if (this.#dieAt('write', number, 'before')) return never
      this.entries.push(entry)
      return this.#dieAt('write', number, 'after') ? never : Promise.resolve()
    }
    const session = this.#session()
    return { session, journal: { append }, interrupts: quiet(), onState: () => {} }
  }

  /** Null when it died on the way. */
  async start(go: typeof applyPlan): Promise<HostResult | null> {
    this.#dead = false
    const gone = new Promise<'died'>(resolve => (this.#gone = resolve))
    const first = await Promise.race([go(this.#ride()), gone])
    return first === 'died' ? null : first
  }

  /** Another controller, with what the first has left; null when it dies as well. */
  async goOn(): Promise<HostResult | null> {
    const gone = new Promise<'died'>(resolve => (this.#gone = resolve))
    const first = await Promise.race([this.resume(this.dies), gone])
    return first === 'died' ? null : first
  }

  /** Another controller, with what the first has left. */
  resume(dies: Controller['dies'] = null): Promise<HostResult> {
    this.dies = dies
    this.#dead = false
    const lines = this.entries.map((entry, seq): Line => ({ seq, at: '', prev: '', ...entry }))
    return resumeRun(this.#ride(), lines)
  }
}
