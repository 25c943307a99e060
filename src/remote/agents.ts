import ssh2, {
  type BaseAgent,
  type ParsedKey,
  type SignCallback,
  type SigningRequestOptions,
} from 'ssh2'
import { execa } from 'execa'
import type { KeyFile } from './key-files.ts'
import { fingerprint } from './known-hosts.ts'
import type { SshSettings } from './settings.ts'

/** An agent that offers the keys of the configuration first, and with IdentitiesOnly no others. */
export class OrderedAgent extends ssh2.BaseAgent<ParsedKey> {
  held: readonly Buffer[] = []
  readonly #inner: BaseAgent
  readonly #wanted: readonly Buffer[]
  readonly #identitiesOnly: boolean
  readonly #notes: string[]

  constructor(settings: SshSettings, files: readonly KeyFile[], notes: string[]) {
    super()
    this.#inner = ssh2.createAgent(settings.agent ?? '')
    this.#wanted = files.flatMap(({ key, publicKey }) => (key ?? publicKey)?.getPublicSSH() ?? [])
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
      this.#notes.push(
        ...offered.map(key => `tried ${key.type} ${fingerprint(key.getPublicSSH())} of the agent`),
      )
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

/** An encrypted key file as an agent of one key: it is opened only when the host has said that it would take the key. */
export class LockedKey extends ssh2.BaseAgent<ParsedKey> {
  readonly #publicKey: ParsedKey
  readonly #open: () => Promise<ParsedKey | undefined>

  constructor(publicKey: ParsedKey, open: () => Promise<ParsedKey | undefined>) {
    super()
    this.#publicKey = publicKey
    this.#open = open
  }

  override getIdentities(done: Parameters<BaseAgent<ParsedKey>['getIdentities']>[0]): void {
    done(undefined, [this.#publicKey])
  }

  override sign(
    _key: ParsedKey,
    data: Buffer,
    options: SigningRequestOptions | SignCallback,
    done?: SignCallback,
  ): void {
    const finish = typeof options === 'function' ? options : done
    const { hash } = typeof options === 'function' ? {} : options
    const sign = async (): Promise<Buffer> => {
      const key = await this.#open()
      if (!key) throw new Error('the key was not opened')
      const signature: unknown = key.sign(data, hash)
      if (signature instanceof Error) throw signature
      return signature as Buffer
    }
    sign().then(
      signature => finish?.(undefined, signature),
      (error: Error) => finish?.(error),
    )
  }
}

/**
 * The kinds of keys that an agent holds, also those that ssh2 passes over in silence. None where it does not answer.
 * Source: ssh-add(1), -L.
 */
export async function listAgentTypes(socket: string | undefined): Promise<string[]> {
  if (socket === undefined) return []
  const { stdout } = await execa('ssh-add', ['-L'], {
    env: { SSH_AUTH_SOCK: socket },
    reject: false,
    stdin: 'ignore',
    timeout: 5000,
  })
  return stdout.split('\n').map(line => line.split(' ', 1)[0] ?? '')
}
