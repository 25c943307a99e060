import { homedir, hostname, userInfo } from 'node:os'

/** The two ways to speak SSH: the library, and the `ssh` program. */
export type Transport = 'ssh2' | 'openssh'

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
  /** Those of the user first, then those of the system. */
  readonly knownHostsFiles: readonly string[]
  /** Where ssh itself would add a key; absent when there is no such file. */
  readonly ownKnownHostsFile?: string
  /** ssh would hide the name in a line it adds. */
  readonly hashKnownHosts?: boolean
  readonly hostKeyAlias?: string
  /** StrictHostKeyChecking as the user has it; nicfix is always strict and only mentions it. */
  readonly strictness: string
  /** Hosts to go through, in order. Their own `jumps` are empty. */
  readonly jumps: readonly { readonly name: string; readonly settings: SshSettings }[]
  readonly connectTimeoutMs?: number
  /** 4 or 6 where only that version of IP may be used. */
  readonly family?: 4 | 6
  /** Reached through a program of the configuration and not by TCP. */
  readonly hasProxyCommand?: boolean
  /** Kinds of login that the configuration forbids. */
  readonly forbids?: readonly LoginMethod[]
  /** The configuration says that nobody may be asked anything. */
  readonly asksNobody?: boolean
  /** Why only the OpenSSH client can connect as this configuration wants it. */
  readonly onlyOpenssh?: string
  /** Kinds of login that only the OpenSSH client has, and that the configuration allows. */
  readonly opensshMethods?: readonly string[]
  /** The transport that the command line named. */
  readonly transport?: Transport
  /** The argv by which a person logs in to the same host. */
  readonly login: readonly string[]
}

export type LoginMethod = 'publickey' | 'keyboard-interactive'

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
  const one: Reader = key => all(key).find(value => value.toLowerCase() !== 'none')
  const address = one('hostname') ?? name
  const port = Number(one('port') ?? 22)
  const user = one('user') ?? userInfo().username
  const alias = one('hostkeyalias')
  const own = { h: address, n: name, p: String(port), r: user, k: alias ?? name }
  const tokens: Tokens = { ...own, ...localTokens() }
  const files = (key: string): string[] =>
    all(key)
      .filter(value => value !== 'none')
      .map(value => expand(value, tokens))
  const known = (key: string): string[] =>
    all(key)
      .flatMap(list => list.split(' '))
      .filter(file => file !== 'none')
      .map(file => expand(file, tokens))
  const mine = known('userknownhostsfile')
  const settings: SshSettings = {
    address,
    port,
    user,
    keyFiles: files('identityfile'),
    ...maybe('agent', agentSocket(all('identityagent')[0], tokens)),
    identitiesOnly: isYes(one('identitiesonly')),
    knownHostsFiles: [...mine, ...known('globalknownhostsfile')],
    ...maybe('ownKnownHostsFile', mine[0]),
    ...maybe('hashKnownHosts', isYes(one('hashknownhosts'))),
    ...maybe('hostKeyAlias', alias),
    strictness: one('stricthostkeychecking') ?? 'ask',
    jumps: [],
    ...maybe('connectTimeoutMs', Number(one('connecttimeout') ?? 0) * 1000),
    ...maybe('family', families.get(one('addressfamily') ?? 'any')),
    ...maybe('hasProxyCommand', one('proxycommand') !== undefined),
    forbids: [
      ...(isNo(one('pubkeyauthentication')) ? (['publickey'] as const) : []),
      ...(isNo(one('kbdinteractiveauthentication')) ? (['keyboard-interactive'] as const) : []),
    ],
    ...maybe('asksNobody', isYes(one('batchmode'))),
    ...maybe('onlyOpenssh', whyOpenssh(one)),
    opensshMethods: [
      ...(isYes(one('gssapiauthentication')) ? ['gssapi-with-mic'] : []),
      ...(isYes(one('hostbasedauthentication')) ? ['hostbased'] : []),
    ],
    login,
  }
  return { settings, jump: one('proxyjump') }
}

type Reader = (key: string) => string | undefined

/** `ssh -G` prints some switches as yes and no, others as true and false. */
const isNo = (value: string | undefined): boolean => value === 'no' || value === 'false'
const isYes = (value: string | undefined): boolean => value === 'yes' || value === 'true'

const families: ReadonlyMap<string, 4 | 6> = new Map([
  ['inet', 4],
  ['inet6', 6],
])

/** A key of the settings is there only where it says something. */
function maybe<Key extends string, Value>(
  key: Key,
  value: Value | undefined | false | 0,
): { [K in Key]?: Value } {
  return (value ? { [key]: value } : {}) as { [K in Key]?: Value }
}

/** Options that ssh2 has nothing like. To pass over one of them would trust more, or reach less, than ssh does. */
const opensshOnly: Readonly<Record<string, string>> = {
  proxycommand: 'ProxyCommand',
  revokedhostkeys: 'RevokedHostKeys',
  knownhostscommand: 'KnownHostsCommand',
  certificatefile: 'CertificateFile',
  pkcs11provider: 'PKCS11Provider',
  bindaddress: 'BindAddress',
  bindinterface: 'BindInterface',
}

function whyOpenssh(one: Reader): string | undefined {
  const found = Object.entries(opensshOnly).find(([key]) => one(key) !== undefined)
  return found && `its ssh configuration has ${found[1]} (${one(found[0])})`
}

function agentSocket(setting: string | undefined, tokens: Tokens): string | undefined {
  if (setting === 'none') return undefined
  if (setting === undefined || setting === 'SSH_AUTH_SOCK') return process.env['SSH_AUTH_SOCK']
  return setting.startsWith('$') && !setting.startsWith('${')
    ? process.env[setting.slice(1)]
    : expand(setting, tokens)
}

/** What ssh_config(5) has for tokens that do not hang on the host. */
function localTokens() {
  const { homedir: home, username, uid } = userInfo()
  return {
    '%': '%',
    d: home || homedir(),
    u: username,
    i: String(uid),
    l: hostname(),
    L: hostname().split('.')[0],
  }
}

type Tokens = Readonly<Record<string, string | undefined>>

function expand(file: string, tokens: Tokens): string {
  return file
    .replace(/^~(?=\/|$)/, tokens['d'] ?? '~')
    .replace(/\$\{(\w+)\}/g, (whole, variable: string) => process.env[variable] ?? whole)
    .replace(/%(.)/g, (whole, token: string) => tokens[token] ?? whole)
}
