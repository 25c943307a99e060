import { homedir, hostname, userInfo } from 'node:os'
import { execa } from 'execa'
import { problem, Trouble } from '../problems.ts'

/** What is needed to log in to one host; a plain value, so that tests and the lab can write it down. */
export type SshSettings = {
  readonly address: string
  readonly port: number
  readonly user: string
  readonly keyFiles: readonly string[]
  /** Socket of the agent; absent when there is none or it must not be used. */
  readonly agent?: string
  /** Only keys named in `keyFiles`, even if the agent holds more. */
  readonly identitiesOnly: boolean
  readonly knownHostsFiles: readonly string[]
  readonly hostKeyAlias?: string
  /** StrictHostKeyChecking as the user has it; nicfix is always strict and only mentions it. */
  readonly strictness: string
  /** Hosts to go through, in order. Their own `jumps` are empty. */
  readonly jumps: readonly { readonly name: string; readonly settings: SshSettings }[]
  readonly connectTimeoutMs?: number
  /** Why nicfix cannot connect with this configuration at all. */
  readonly unsupported?: string
  /** The argv by which a person logs in to the same host. */
  readonly login: readonly string[]
}

/** How the command line wants hosts to be looked up. */
export type LookupOptions = {
  readonly sshConfig?: string | undefined
  readonly user?: string | undefined
}

/** What may be said of one host beside that. */
export type Lookup = LookupOptions & {
  readonly port?: string | undefined
  /** Private key, before those of the configuration. */
  readonly key?: string | undefined
  /** As ProxyJump has it. */
  readonly jump?: string | undefined
}

/**
 * Asks `ssh -G` for the settings of a host, so that Include, Match and tokens mean what they mean to ssh.
 * The caller has checked that `name` cannot be taken for an option.
 * @throws {Trouble} NF6006 when ssh is missing or its configuration cannot be read.
 */
export async function readSettings(name: string, options: Lookup = {}): Promise<SshSettings> {
  const { settings, jump } = await lookUp(name, options)
  return { ...settings, jumps: await readJumps(jump, options, 0) }
}

async function readJumps(
  list: string | undefined,
  { sshConfig }: LookupOptions,
  depth: number,
): Promise<SshSettings['jumps']> {
  if (list === undefined) return []
  if (depth > 8) throw badConfig(list, 'ProxyJump goes round in circles')
  const jumps: { name: string; settings: SshSettings }[] = []
  for (const text of list.split(',')) {
    const hop = /^(?:ssh:\/\/)?(?:([^@]+)@)?(\[[^\]]+\]|[^:]+)(?::(\d+))?\/?$/.exec(text.trim())
    const name = hop?.[2]?.replace(/^\[|\]$/g, '')
    if (name === undefined || name.startsWith('-'))
      throw badConfig(text, 'ProxyJump cannot be understood')
    const found = await lookUp(name, {
      ...(sshConfig === undefined ? {} : { sshConfig }),
      ...(hop?.[1] === undefined ? {} : { user: hop[1] }),
      ...(hop?.[3] === undefined ? {} : { port: hop[3] }),
    })
    // Only the first hop is reached by its own way; the later ones are reached through the hop before.
    if (jumps.length === 0)
      jumps.push(
        ...(await readJumps(found.jump, sshConfig === undefined ? {} : { sshConfig }, depth + 1)),
      )
    jumps.push({ name, settings: found.settings })
  }
  return jumps
}

async function lookUp(
  name: string,
  { sshConfig, user, port, key, jump }: Lookup,
): Promise<{ settings: SshSettings; jump: string | undefined }> {
  const flags = [
    ...(sshConfig === undefined ? [] : ['-F', sshConfig]),
    ...(user === undefined ? [] : ['-l', user]),
    ...(port === undefined ? [] : ['-p', port]),
    ...(key === undefined ? [] : ['-i', key]),
    ...(jump === undefined ? [] : ['-J', jump]),
  ]
  const result = await execa('ssh', ['-G', ...flags, '--', name], {
    reject: false,
    stdin: 'ignore',
    timeout: 20_000,
  })
  if (result.exitCode !== 0)
    throw badConfig(
      name,
      result.code === 'ENOENT' ? undefined : result.stderr.trim() || 'ssh -G failed',
    )
  return parseSettings(result.stdout, name, ['ssh', ...flags, name])
}

function badConfig(name: string, why: string | undefined): Trouble {
  return why === undefined
    ? new Trouble(
        problem('NF6006', 'The ssh program is not installed here.', 'Install openssh-client.', {
          host: name,
          details: ['nicfix asks `ssh -G` what your ssh configuration says about a host.'],
        }),
      )
    : new Trouble(
        problem(
          'NF6006',
          `The ssh configuration for ${name} cannot be used: ${why.split('\n')[0] ?? ''}.`,
          'Check your ssh configuration (~/.ssh/config, or the file you named).',
          { host: name, details: why.split('\n').slice(1) },
        ),
      )
}

/**
 * Reads what `ssh -G` printed. Pure but for the home directory, the user's name and SSH_AUTH_SOCK.
 * Source: ssh_config(5), also for the tokens in file names, which `ssh -G` leaves unexpanded.
 */
export function parseSettings(
  text: string,
  name: string,
  login: readonly string[],
): { settings: SshSettings; jump: string | undefined } {
  const rows = text.split('\n').map(row => [row.split(' ', 1)[0] ?? '', row.replace(/^\S+ ?/, '')])
  const all = (key: string): string[] =>
    rows.flatMap(([word, value]) => (word === key && value ? [value] : []))
  const one = (key: string): string | undefined =>
    all(key).find(value => value.toLowerCase() !== 'none')
  const address = one('hostname') ?? name
  const port = Number(one('port') ?? 22)
  const user = one('user') ?? userInfo().username
  const alias = one('hostkeyalias')
  const tokens = { h: address, n: name, p: String(port), r: user, k: alias ?? name }
  const files = (key: string): string[] =>
    all(key)
      .filter(value => value !== 'none')
      .map(value => expand(value, tokens))
  const agent = agentSocket(all('identityagent')[0], tokens)
  const timeout = Number(one('connecttimeout'))
  const unsupported = findUnsupported(one('proxycommand'), one('revokedhostkeys'))
  const settings: SshSettings = {
    address,
    port,
    user,
    keyFiles: files('identityfile'),
    ...(agent ? { agent } : {}),
    identitiesOnly: one('identitiesonly') === 'yes',
    knownHostsFiles: [...all('userknownhostsfile'), ...all('globalknownhostsfile')]
      .flatMap(list => list.split(' '))
      .filter(file => file !== 'none')
      .map(file => expand(file, tokens)),
    ...(alias === undefined ? {} : { hostKeyAlias: alias }),
    strictness: one('stricthostkeychecking') ?? 'ask',
    jumps: [],
    ...(timeout > 0 ? { connectTimeoutMs: timeout * 1000 } : {}),
    ...(unsupported === undefined ? {} : { unsupported }),
    login,
  }
  return { settings, jump: one('proxyjump') }
}

function findUnsupported(
  proxy: string | undefined,
  revoked: string | undefined,
): string | undefined {
  if (proxy !== undefined) return `its ssh configuration has a ProxyCommand (${proxy})`
  // Ignoring a list of revoked keys would trust more than ssh does.
  if (revoked !== undefined) return `its ssh configuration has RevokedHostKeys (${revoked})`
  return undefined
}

function agentSocket(
  setting: string | undefined,
  tokens: Readonly<Record<string, string>>,
): string | undefined {
  if (setting === 'none') return undefined
  if (setting === undefined || setting === 'SSH_AUTH_SOCK') return process.env['SSH_AUTH_SOCK']
  return setting.startsWith('$') && !setting.startsWith('${')
    ? process.env[setting.slice(1)]
    : expand(setting, tokens)
}

function expand(file: string, tokens: Readonly<Record<string, string>>): string {
  const { homedir: home, username, uid } = userInfo()
  const local = {
    '%': '%',
    d: home,
    u: username,
    i: String(uid),
    l: hostname(),
    L: hostname().split('.')[0],
  }
  const known: Readonly<Record<string, string | undefined>> = { ...tokens, ...local }
  return file
    .replace(/^~(?=\/|$)/, home || homedir())
    .replace(/\$\{(\w+)\}/g, (whole, variable: string) => process.env[variable] ?? whole)
    .replace(/%(.)/g, (whole, token: string) => known[token] ?? whole)
}
