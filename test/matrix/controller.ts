import { stageCommand, txCommand } from '../../src/host/protocol.ts'
import type { TxVerb } from '../../src/host/protocol.ts'
import { quote } from '../../src/quote.ts'
import { packJob, token } from '../host/sim/fresh.ts'
import type { Job } from '../host/sim/fresh.ts'
import { pause } from '../host/sim/ran.ts'
import type { Ran } from '../host/sim/ran.ts'
import type { SimHost } from '../host/sim/sim.ts'
import { trace, withEndMark } from './trace.ts'
import type { Judge, Traced } from './trace.ts'

export const id = '20260101-0000-aaaa'

/** A step did not end as it does when nothing goes wrong: the controller of that run has nothing more to say. */
export class Broken extends Error {}

const open = new Set(['staged', 'pending', 'confirmed', 'rollback'])
export const isOpen = (state: string): boolean => open.has(state)

/** A controller all of whose commands stop after each call that changes something. */
export class Controller {
  readonly host: SimHost
  readonly #judge: Judge
  readonly #traces: Traced[] = []

  constructor(host: SimHost, judge: Judge) {
    this.host = host
    // No time passes on the host while somebody looks at it.
    this.#judge = stop => {
      host.clock.hold()
      const verdict = judge(stop)
      host.clock.release()
      return verdict
    }
  }

  async #run(text: string, input: string | Uint8Array): Promise<Ran> {
    // A session of its own, as sshd gives one: its group is the script and what it runs in the foreground.
    const argv = this.host.argv(`exec setsid -w sh -c ${quote(withEndMark(text))}`)
    const result = await this.#trace(argv, input).ran
    if (result.code !== 0) throw new Broken(`${text}: ${result.code} ${result.stderr}`)
    return result
  }

  async stage(job: Job): Promise<void> {
    const { archive, sumsSha256 } = await packJob(job, id, this.host.script)
    await this.#run(stageCommand(id, sumsSha256), archive)
  }

  async tx(...verbs: TxVerb[]): Promise<void> {
    for (const verb of verbs)
      await this.#run(txCommand(id, verb), verb === 'confirm' ? `${token}\n` : '')
  }

  async boot(): Promise<void> {
    await this.host.boot(argv => this.#trace(argv, null).child)
  }

  /** Why what was seen says nothing of the host: strace itself went away. */
  traceFault(): string | null {
    return this.#traces.flatMap(({ fault }) => fault() ?? []).at(0) ?? null
  }

  #trace(argv: readonly string[], input: string | Uint8Array | null): Traced {
    const traced = trace(argv, input, this.#judge)
    this.#traces.push(traced)
    return traced
  }

  /** Waits for a phase or a state; throws when the transaction is over in another way, or nothing runs any more. */
  async until(word: string): Promise<void> {
    for (;;) {
      const idle = this.host.processes().length === 0
      const { state, phase } = await this.host.status(id)
      if (state === word || phase === word) return
      if (idle || !isOpen(state)) throw new Broken(`it is ${state}, not ${word}`)
      await pause(30)
    }
  }
}
