import type { Socket } from 'node:net'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'

type Waiting = {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}
type Message = {
  readonly return?: unknown
  readonly error?: { readonly desc: string }
  readonly event?: string
  readonly QMP?: unknown
}

/** A line of JSON there, a line of JSON back: QEMU's monitor and its guest agent both speak so. */
export class JsonLine {
  readonly #socket: Socket
  readonly #waiting: Waiting[] = []
  /** While set, all answers are dropped but this one. */
  #synchronising: number | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    // Both tell of an error of the socket, and either one that nobody listens to ends the process.
    createInterface({ input: socket })
      .on('line', line => this.#take(line))
      .on('error', () => undefined)
    socket.on('error', () => undefined).on('close', () => this.#fail('the connection closed'))
  }

  static async open(path: string): Promise<JsonLine> {
    const socket = connect(path)
    await new Promise<void>((resolve, reject) =>
      socket.once('connect', resolve).once('error', reject),
    )
    return new JsonLine(socket)
  }

  #take(line: string): void {
    // The agent marks the end of its synchronisation by a byte that is no JSON.
    const text = line.replace(/^[^{]*/, '')
    if (!text) return
    const message = JSON.parse(text) as Message
    if (this.#synchronising !== undefined && message.return !== this.#synchronising) return
    this.#synchronising = undefined
    if (message.event !== undefined || message.QMP !== undefined) return
    const waiting = this.#waiting.shift()
    if (message.error) waiting?.reject(new Error(message.error.desc))
    else waiting?.resolve(message.return)
  }

  #fail(why: string): void {
    for (const waiting of this.#waiting.splice(0)) waiting.reject(new Error(why))
  }

  async call(name: string, args: object = {}, timeoutMs = 60_000): Promise<unknown> {
    const answer = new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }))
    const timer = setTimeout(() => this.#fail(`no answer to ${name}`), timeoutMs)
    this.#socket.write(`${JSON.stringify({ execute: name, arguments: args })}\n`)
    return answer.finally(() => clearTimeout(timer))
  }

  /**
   * Ends what half a message the agent may still be reading, and drops the answers that a former client did not
   * wait for: the byte that does the first is itself answered by an error.
   */
  async synchronise(timeoutMs: number): Promise<void> {
    const id = Math.floor(Math.random() * 1e9)
    this.#synchronising = id
    this.#socket.write(Buffer.from([0xff]))
    await this.call('guest-sync-delimited', { id }, timeoutMs)
  }

  close(): void {
    this.#socket.destroy()
  }
}

/** Talks to the monitor of the QEMU in that directory; throws when it does not answer. */
export async function askQemu(dir: string, name: string, args: object = {}, timeoutMs = 60_000) {
  const line = await JsonLine.open(`${dir}/qmp.sock`)
  try {
    await line.call('qmp_capabilities', {}, 10_000)
    return await line.call(name, args, timeoutMs)
  } finally {
    line.close()
  }
}

/** Gives a command to the human monitor; throws when it answers with anything, for then it failed. */
export async function tellQemu(dir: string, command: string): Promise<void> {
  const answer = await askQemu(dir, 'human-monitor-command', { 'command-line': command })
  if (String(answer).trim()) throw new Error(`${command}: ${String(answer).trim()}`)
}
