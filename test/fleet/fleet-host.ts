import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import type { Connection } from '../../src/remote/host.ts'
import { FakeHost } from '../run/fake-host.ts'
import { FakeClock } from '../run/faults.ts'
import type { Faults } from '../run/faults.ts'

const text = readFileSync(new URL('../fixtures/facts/h1.txt', import.meta.url), 'utf8')
const pauseOn = '|pause Autonegotiate:\ton\n|pause RX:\t\ton\n|pause TX:\t\ton\n'
const pauseOff = pauseOn.replaceAll('\ton\n', '\toff\n')
const interfaces = '|path /etc/network/interfaces\n'

/** The time of the machine; a test that asks it to pass waits. */
class RealClock extends FakeClock {
  readonly #beganMs = performance.now()

  constructor() {
    super()
    Object.defineProperty(this, 'ms', {
      get: () => performance.now() - this.#beganMs,
      set() {
        /* it passes by itself */
      },
    })
  }
}

/**
 * A host whose e1000e sends pause frames: it answers the real probe with the facts of a real host, and the playbook
 * e1000e-flow-control-off changes them.
 */
export class FleetHost extends FakeHost {
  readonly #machine: string
  #line: Promise<Connection> | null = null

  constructor(name: string, trialMs: number, faults: Faults = {}) {
    super(new RealClock(), faults)
    Object.assign(this, { name, trialMs })
    this.#machine = createHash('md5').update(name).digest('hex')
  }

  /** A command, whoever sends it over which connection. */
  async answer(command: string, stdin: Buffer) {
    this.#line ??= this.connect()
    return (await this.#line).run(command, { stdin, timeoutMs: 0 })
  }

  get isUnderWay(): boolean {
    return this.id !== '' && ['staged', 'pending', 'confirmed', 'rollback'].includes(this.state)
  }

  protected override pause = (): Promise<void> => setTimeout(100)

  protected override facts(): string {
    const kept = this.state === 'committed' ? this.#interfaces() : ''
    const file = kept === '' ? '' : `\n|sha256 ${sum(kept)}\n|base64 =${btoa(kept)}\n`
    const told = text.replace(/(?<=\|machine ).*/, this.#machine)
    const live = this.value === 'off' ? told.replace(pauseOn, pauseOff) : told
    return file === '' ? live : live.replace(inFile, `${interfaces}$1${file}`)
  }

  #interfaces(): string {
    const [, id = ''] =
      [...this.files]
        .map(([name, content]) => [name, content.toString()] as const)
        .find(([name, content]) => name.endsWith('/path') && content.includes('interfaces'))?.[0]
        .split('/') ?? []
    return this.files.get(`c/${id}/content`)?.toString() ?? ''
  }
}

const inFile = /\|path \/etc\/network\/interfaces\n([^@]*?)\n\|sha256 .*\n\|base64 .*\n/
const sum = (content: string) => createHash('sha256').update(content).digest('hex')
