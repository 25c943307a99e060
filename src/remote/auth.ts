import { readFile, stat } from 'node:fs/promises'
import ssh2, {
  type AnyAuthMethod,
  type AuthenticationType,
  type BaseAgent,
  type ParsedKey,
  type SignCallback,
  type SigningRequestOptions,
} from 'ssh2'
import type { SshSettings } from './config.ts'
import { fingerprint } from './known-hosts.ts'

/** The keys for one login, asked for one by one by ssh2, and a record of what came of them. */
export type Login = {
  /** ssh2's authHandler: the next thing to try, or false when there is nothing left. */
  next(methodsLeft: readonly AuthenticationType[] | null): AnyAuthMethod | false
  /** True when everything was tried in vain. */
  exhausted(): boolean
  /** Adds a line to what `tried` tells. */
  note(line: string): void
  tried(): { keys: readonly string[]; methods: readonly string[] }
}

type KeyFile = { file: string; key?: ParsedKey; publicKey?: Buffer; fault?: string }

/**
 * Prepares a login with the agent first and then the key files that the agent does not hold, as ssh does.
 * A file that cannot be used is noted, not fatal: another key may do.
 */
export async function prepareLogin(settings: SshSettings): Promise<Login> {
  const files = (await Promise.all(settings.keyFiles.map(readKey))).filter(
    each => each !== undefined,
  )
  const notes: string[] = []
  const agent = settings.agent === undefined ? undefined : new OrderedAgent(settings, files, notes)
  const queue: (() => AnyAuthMethod | undefined)[] = []
  const username = settings.user
  // The type of ssh2 asks for an agent of any kind of key, which no agent is.
  if (agent) queue.push(() => ({ type: 'agent', username, agent: agent as unknown as BaseAgent }))
  for (const { file, key } of files)
    if (key)
      queue.push(() => {
        if (agent?.held.some(each => each.equals(key.getPublicSSH()))) return undefined
        notes.push(`tried ${describeKey(key)} of ${file}`)
        return { type: 'publickey', username, key }
      })
  // With no key at all: at least hear which methods the host would take.
  if (queue.length === 0) queue.push(() => ({ type: 'none', username }))
  let methods: readonly string[] = []
  let exhausted = false
  return {
    next(methodsLeft) {
      if (methodsLeft) methods = methodsLeft
      // Whatever is left is of no use to a host that takes no public keys.
      if (methodsLeft && !methodsLeft.includes('publickey')) queue.length = 0
      for (let make = queue.shift(); make; make = queue.shift()) {
        const attempt = make()
        if (attempt) return attempt
      }
      exhausted = true
      return false
    },
    exhausted: () => exhausted,
    note: line => void notes.push(line),
    tried: () => ({ keys: [...notes, ...describeFaults(files, agent?.held ?? [])], methods }),
  }
}

function describeKey(key: ParsedKey): string {
  return `${key.type} ${fingerprint(key.getPublicSSH())}`
}

function describeFaults(files: readonly KeyFile[], held: readonly Buffer[]): string[] {
  return files.flatMap(({ file, fault, publicKey }) =>
    fault === undefined || (publicKey && held.some(each => each.equals(publicKey)))
      ? []
      : [`not tried: ${file} ${fault}`],
  )
}

async function readKey(file: string): Promise<KeyFile | undefined> {
  try {
    const { mode } = await stat(file)
    const publicKey = await readPublicKey(file)
    const base = publicKey === undefined ? { file } : { file, publicKey }
    // ssh ignores such a key, because others may have copied it.
    if ((mode & 0o077) !== 0) return { ...base, fault: `may be read by others (chmod 600 ${file})` }
    const key = firstKey(ssh2.utils.parseKey(await readFile(file)))
    if (key instanceof Error)
      return {
        ...base,
        fault: /encrypted/i.test(key.message)
          ? `is encrypted; load it into an agent first (ssh-add ${file})`
          : `cannot be used (${key.message})`,
      }
    return key.isPrivateKey() ? { ...base, key } : { ...base, fault: 'holds no private key' }
  } catch (error) {
    // ssh has a list of default names, most of which do not exist.
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') {
      const publicKey = await readPublicKey(file)
      return publicKey === undefined ? undefined : { file, publicKey }
    }
    return { file, fault: `cannot be read (${code ?? String(error)})` }
  }
}

async function readPublicKey(file: string): Promise<Buffer | undefined> {
  try {
    const key = firstKey(ssh2.utils.parseKey(await readFile(`${file}.pub`)))
    return key instanceof Error ? undefined : key.getPublicSSH()
  } catch {
    return undefined
  }
}

/** The old PEM parsers of ssh2 give a list, against their type. */
function firstKey(parsed: ParsedKey | Error): ParsedKey | Error {
  const keys: unknown = parsed
  return Array.isArray(keys) ? (keys[0] as ParsedKey | Error) : parsed
}

/** An agent that offers the keys of the configuration first, and with IdentitiesOnly no others. */
class OrderedAgent extends ssh2.BaseAgent<ParsedKey> {
  held: readonly Buffer[] = []
  readonly #inner: BaseAgent
  readonly #wanted: readonly Buffer[]
  readonly #identitiesOnly: boolean
  readonly #notes: string[]

  constructor(settings: SshSettings, files: readonly KeyFile[], notes: string[]) {
    super()
    this.#inner = ssh2.createAgent(settings.agent ?? '')
    this.#wanted = files.flatMap(({ key, publicKey }) => key?.getPublicSSH() ?? publicKey ?? [])
    this.#identitiesOnly = settings.identitiesOnly
    this.#notes = notes
  }

  override getIdentities(done: Parameters<BaseAgent<ParsedKey>['getIdentities']>[0]): void {
    this.#inner.getIdentities((error, found) => {
      if (error) return done(error)
      const keys = (found ?? []) as ParsedKey[]
      const isWanted = (key: ParsedKey): boolean =>
        this.#wanted.some(each => each.equals(key.getPublicSSH()))
      const others = this.#identitiesOnly ? [] : keys.filter(key => !isWanted(key))
      const offered = [...keys.filter(isWanted), ...others]
      this.held = offered.map(key => key.getPublicSSH())
      this.#notes.push(...offered.map(key => `tried ${describeKey(key)} of the agent`))
      done(undefined, offered)
    })
  }

  override sign(
    key: ParsedKey,
    data: Buffer,
    options: SigningRequestOptions | SignCallback,
    done?: SignCallback,
  ): void {
    if (typeof options === 'function') this.#inner.sign(key, data, options)
    else this.#inner.sign(key, data, options, done)
  }
}
