import type { Client, ClientChannel } from 'ssh2'
import type { Exit } from '../model/exit.ts'
import type { RunOptions } from './host.ts'
import { cut } from './input.ts'
import { collect, defaultLimitBytes, type Collector } from './output.ts'
import { retriesMs } from './shell.ts'
import type { Slots } from './slots.ts'

/** An authenticated ssh2 client and the one stream under it, with what is known about its end. */
export type Link = {
  readonly client: Client
  readonly stream: {
    readonly writableNeedDrain: boolean
    once(event: 'drain', listener: () => void): unknown
  }
  readonly slots: Slots
  /** Why the link is no more; undefined while it lives. */
  death(): string | undefined
  /** Calls back when the link dies; returns how to stop listening. */
  onDeath(listener: (why: string) => void): () => void
}

type End =
  | { kind: 'exited'; code: number }
  | { kind: 'killed'; signal: string }
  | { kind: 'lost'; why: string }

type Output = { readonly stdout: Collector; readonly stderr: Collector }

/** The most that one packet takes here; so much of an input waits for the socket at a time, for each host. */
const pieceBytes = 32 * 1024
const longestTimerMs = 2 ** 31 - 1
/** RFC 4254 5.1: prohibited, failed (what sshd says at MaxSessions), shortage. The command did not start. */
const openFailures: readonly unknown[] = [1, 2, 4]

/**
 * Runs one command text in a channel of its own. Never throws and never waits longer than `timeoutMs`, the
 * wait for a free slot included. `exited` and `killed` only when the host said so and the channel is closed.
 */
export async function runInChannel(
  link: Link,
  command: string,
  options: RunOptions,
): Promise<Exit> {
  const limit = options.limitBytes ?? defaultLimitBytes
  const output = { stdout: collect(limit), stderr: collect(limit, options.onStderr) }
  const task = new Task()
  const forget = link.onDeath(why => task.lose(why))
  const timer = setTimeout(
    () => task.lose(`no end within ${options.timeoutMs / 1000} s`),
    Math.min(options.timeoutMs, longestTimerMs),
  )
  const slot = link.slots.take()
  void slot.then(() => start(link, command, task, output, options.stdin))
  const end = await task.end
  clearTimeout(timer)
  forget()
  // A slot that came too late is given back all the same.
  void slot.then(() => link.slots.give())
  return { ...end, stdout: output.stdout.text(), stderr: output.stderr.text() }
}

/** The one end of a command: whoever is first decides it, and then the channel is closed. */
class Task {
  settled = false
  channel: ClientChannel | undefined
  readonly end: Promise<End>
  readonly #resolve: (end: End) => void

  constructor() {
    const { promise, resolve } = Promise.withResolvers<End>()
    this.end = promise
    this.#resolve = resolve
  }

  settle(end: End): void {
    if (this.settled) return
    this.settled = true
    if (this.channel) closeQuietly(this.channel)
    this.#resolve(end)
  }

  lose(why: string): void {
    this.settle({ kind: 'lost', why })
  }
}

function closeQuietly(channel: ClientChannel): void {
  try {
    channel.close()
  } catch {
    // The link is gone, and the channel with it.
  }
}

function start(
  link: Link,
  command: string,
  task: Task,
  output: Output,
  stdin: RunOptions['stdin'],
  retry = 0,
): void {
  const death = link.death()
  if (death !== undefined) task.lose(death)
  if (task.settled) return
  try {
    link.client.exec(command, (error: (Error & { reason?: unknown }) | undefined, channel) => {
      const waitMs = retriesMs[retry]
      if (error === undefined) {
        attach(channel, task, output)
        if (!task.settled) feed(link, channel, stdin)
      } else if (openFailures.includes(error.reason) && waitMs !== undefined)
        setTimeout(() => start(link, command, task, output, stdin, retry + 1), waitMs)
      else task.lose(`the host did not start it: ${error.message}`)
    })
  } catch (error) {
    task.lose(`the link is gone: ${(error as Error).message}`)
  }
}

function attach(channel: ClientChannel, task: Task, { stdout, stderr }: Output): void {
  let exit: End | undefined
  // An error event without a listener would end the whole process.
  channel.on('error', () => undefined)
  channel.stderr.on('error', () => undefined)
  if (task.settled) return closeQuietly(channel)
  task.channel = channel
  channel.on('data', (piece: Buffer) => stdout.add(piece))
  channel.stderr.on('data', (piece: Buffer) => stderr.add(piece))
  channel.on('exit', (code: number | null, signal?: string) => {
    exit =
      code === null ? { kind: 'killed', signal: signal ?? 'unknown' } : { kind: 'exited', code }
  })
  // Output may follow the exit; after the close nothing follows but what is in our own buffers.
  channel.on('close', () =>
    setImmediate(() =>
      task.settle(exit ?? { kind: 'lost', why: 'the channel was closed without an exit status' }),
    ),
  )
}

/** Writes in pieces and waits for both the channel's window and the socket, so that keepalives get through. */
function feed(link: Link, channel: ClientChannel, stdin: RunOptions['stdin']): void {
  const pieces = cut(stdin, pieceBytes)
  const push = (): void => {
    if (!channel.writable) return
    const { value: piece } = pieces.next()
    if (!piece) {
      channel.end()
      return
    }
    channel.write(piece, () => {
      if (link.stream.writableNeedDrain) link.stream.once('drain', push)
      else push()
    })
  }
  push()
}
