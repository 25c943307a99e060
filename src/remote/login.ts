import { readFile } from 'node:fs/promises'
import type { Duplex } from 'node:stream'
import ssh2 from 'ssh2'
import { prepareLogin, type Login } from './auth.ts'
import type { Link } from './channel.ts'
import type { SshSettings } from './settings.ts'
import { parallelCommands } from './shell.ts'
import {
  fingerprint,
  hostKeyAlgorithms,
  judgeHostKey,
  parseKnownHosts,
  shownKey,
  type KnownHost,
  type Verdict,
} from './known-hosts.ts'
import { makeSlots } from './slots.ts'
import { authTrouble, hostKeyTrouble, knownAs, unreachable, type Party } from './troubles.ts'
import type { Way } from './way.ts'

/** A link that knows whose key was verified, and how to end it. */
export type LoggedIn = Link & { readonly hostKey: string; close(): Promise<void> }

/**
 * Opens a stream and does SSH over it: key exchange, strict check of the host key, login.
 * @throws {Trouble} NF6001, NF6002, NF6003 or NF6004; the stream is closed then.
 */
export async function logIn(way: Way, open: () => Promise<Duplex>): Promise<LoggedIn> {
  const { party, deadline, keepaliveMs } = way
  const login = await prepareLogin(way)
  const known = await readKnownHosts(party.settings)
  // Last, and ssh2 gets it at once: what the stream says before anybody listens is lost.
  const stream = await open()
  // Without a listener an early reset of the stream would end the process.
  stream.on('error', () => undefined)
  const attempt = new Attempt(party, stream, login, known)
  attempt.connect(keepaliveMs)
  return deadline.race(
    attempt.result,
    () => attempt.late(deadline.timeoutMs),
    () => attempt.end(),
  )
}

/** All lines of all known_hosts files of a host; a file that cannot be read vouches for nobody. */
export async function readKnownHosts({ knownHostsFiles }: SshSettings): Promise<KnownHost[]> {
  const texts = knownHostsFiles.map(async file =>
    parseKnownHosts(await readFile(file, 'utf8').catch(() => ''), file),
  )
  return (await Promise.all(texts)).flat()
}

type SshError = Error & { level?: string; code?: unknown }

class Attempt {
  readonly result: Promise<LoggedIn>
  readonly #party: Party
  readonly #stream: Duplex
  readonly #login: Login
  readonly #known: readonly KnownHost[]
  readonly #client = new ssh2.Client()
  readonly #listeners = new Set<(why: string) => void>()
  readonly #settle: { resolve: (link: LoggedIn) => void; reject: (error: Error) => void }
  #stage: 'banner' | 'auth' | 'ready' = 'banner'
  #offered: Buffer = Buffer.alloc(0)
  #verdict: Verdict | undefined
  #death: string | undefined

  constructor(party: Party, stream: Duplex, login: Login, known: readonly KnownHost[]) {
    this.#party = party
    this.#stream = stream
    this.#login = login
    this.#known = known
    const { promise, resolve, reject } = Promise.withResolvers<LoggedIn>()
    this.result = promise
    this.#settle = { resolve, reject }
  }

  connect(intervalMs: number): void {
    const name = knownAs(this.#party.settings)
    this.#client.on('error', (error: SshError) => this.#fail(error))
    this.#client.on('end', () => this.#die('the host closed the connection'))
    this.#client.on('close', () => this.#die('the connection was closed'))
    this.#client.on('handshake', () => {
      if (this.#stage === 'banner') this.#stage = 'auth'
    })
    this.#client.on('ready', () => this.#becomeReady(intervalMs))
    this.#client.connect({
      sock: this.#stream,
      username: this.#party.settings.user,
      // The type of ssh2 hides that the first call has no list yet.
      authHandler: (left, _partial, next) => {
        void this.#login.next(left).then(method => {
          // Nobody waits for it any more when the link died over a question.
          if (this.#death === undefined) next(method as Exclude<typeof method, false>)
        })
      },
      hostVerifier: (key: Buffer) => {
        // A copy: the key is a part of the 64 KiB that were read with it.
        this.#offered = Buffer.from(key)
        this.#verdict = judgeHostKey(this.#known, name, key)
        return this.#verdict.kind === 'trusted'
      },
      algorithms: { serverHostKey: hostKeyAlgorithms(this.#known, name) },
      keepaliveInterval: intervalMs,
      keepaliveCountMax: 3,
      // The deadline covers DNS, TCP and all hops as well.
      readyTimeout: 0,
    })
  }

  late(timeoutMs: number): Error {
    const within = `within ${timeoutMs / 1000} s`
    return this.#stage === 'banner'
      ? unreachable(
          this.#party,
          `the port is open, but no SSH server answers ${within}`,
          'The host may be booting or hung: look at its console, then try again.',
        )
      : unreachable(
          this.#party,
          `the login did not end ${within}`,
          'Check the load of the host, and your agent (ssh-add -l).',
        )
  }

  end(): void {
    this.#client.end()
    this.#stream.destroy()
  }

  #becomeReady(intervalMs: number): void {
    this.#stage = 'ready'
    this.#hearData(intervalMs)
    this.#settle.resolve({
      client: this.#client,
      stream: this.#stream,
      slots: makeSlots(parallelCommands),
      hostKey: fingerprint(this.#offered),
      death: () => this.#death,
      onDeath: listener => {
        this.#listeners.add(listener)
        return () => void this.#listeners.delete(listener)
      },
      close: () => this.#close(),
    })
  }

  /** ssh2 counts only answers to its own questions as life, and those wait behind a large upload. */
  #hearData(intervalMs: number): void {
    const internals = this.#client as unknown as { ['_resetKA']?: () => void }
    let heard = performance.now()
    this.#stream.on('data', () => {
      if (performance.now() - heard < intervalMs / 2) return
      heard = performance.now()
      internals['_resetKA']?.()
    })
  }

  #fail(error: SshError): void {
    if (this.#stage === 'ready') return this.#die(error.message)
    // ssh2 goes on to the next key after these two.
    const isOneKey = error.level === 'agent' || error.level === 'client-authentication'
    if (isOneKey && !this.#login.exhausted()) return this.#login.note(error.message)
    this.#settle.reject(this.#explain(error))
    this.end()
  }

  #explain(error: SshError): Error {
    const party = this.#party
    if (this.#verdict && this.#verdict.kind !== 'trusted')
      return hostKeyTrouble(party, this.#verdict, shownKey(this.#offered))
    if (this.#login.exhausted()) return authTrouble(party, this.#login.tried())
    if (this.#stage === 'auth' && typeof error.code === 'number')
      return authTrouble(party, this.#login.tried(), error.message)
    return unreachable(
      party,
      `SSH failed (${error.message})`,
      'Check that this port is an SSH server, and the sshd log on the host.',
    )
  }

  #die(why: string): void {
    if (this.#death !== undefined) return
    this.#death = why
    if (this.#stage !== 'ready') this.#settle.reject(this.#explain(new Error(why)))
    for (const listener of this.#listeners) listener(why)
    this.#listeners.clear()
    this.#stream.destroy()
  }

  async #close(): Promise<void> {
    if (this.#death !== undefined) return
    // Through a jump host that hangs the end may never be answered.
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, 1000)
    this.#client.once('close', resolve)
    this.#client.end()
    this.#die('nicfix closed the connection')
    await promise
    clearTimeout(timer)
  }
}
