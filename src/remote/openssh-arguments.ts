import { quoteAll } from '../quote.ts'
import type { SshSettings } from './settings.ts'
import type { Party } from './troubles.ts'

/** What all ssh programs of one connection have in common. */
export type Habits = {
  readonly keepaliveMs: number
  readonly timeoutMs: number
  /** Somebody can be asked. */
  readonly asks: boolean
  /** Where the program for the hop of that number writes what it does. */
  readonly logOf: (hop: number) => string
}

/** Options that came after OpenSSH 8.4; an older ssh has neither them nor what they switch off. */
const newer = 'SessionType,ForkAfterAuthentication,StdinNull,KnownHostsCommand'

/**
 * Nothing but a key of known_hosts, of a certificate authority in it, or of KnownHostsCommand vouches for a host,
 * whatever the configuration says; and nothing runs, listens or is forwarded on the way. Options of the command line
 * win over those of files. Source: ssh_config(5).
 */
function strictOptions({ keepaliveMs, timeoutMs, asks }: Habits): string[] {
  const options = {
    IgnoreUnknown: newer,
    StrictHostKeyChecking: 'yes',
    UpdateHostKeys: 'no',
    CheckHostIP: 'no',
    VerifyHostKeyDNS: 'no',
    NoHostAuthenticationForLocalhost: 'no',
    BatchMode: asks ? 'no' : 'yes',
    ConnectTimeout: String(Math.max(1, Math.ceil(timeoutMs / 1000))),
    ServerAliveInterval: String(Math.max(1, Math.round(keepaliveMs / 1000))),
    ServerAliveCountMax: '3',
    ControlPersist: 'no',
    ClearAllForwardings: 'yes',
    ForwardAgent: 'no',
    ForwardX11: 'no',
    PermitLocalCommand: 'no',
    RemoteCommand: 'none',
    RequestTTY: 'no',
    Tunnel: 'no',
    SessionType: 'default',
    ForkAfterAuthentication: 'no',
    StdinNull: 'no',
    EscapeChar: 'none',
    // What happened is read from this log; it is not shown.
    LogLevel: 'DEBUG1',
    FingerprintHash: 'sha256',
  }
  return Object.entries(options).flatMap(([key, value]) => ['-o', `${key}=${value}`])
}

/** The words of the connection that all commands share; it waits for the end of its input. */
export function masterWords(
  { settings }: Party,
  socket: string,
  ready: string,
  habits: Habits,
): string[] {
  const master = ['-S', escapeTokens(socket), '-o', 'ControlMaster=yes']
  const common = [...strictOptions(habits), ...wayOf(settings, habits)]
  return [...common, ...master, ...target(settings), `echo ${ready}; exec cat >/dev/null`]
}

/** The words that have ssh write down the host key it is shown, in a file that starts empty, and not log in. */
export function offerWords(
  { settings }: Party,
  file: string,
  algorithms: readonly string[],
  habits: Habits,
): string[] {
  const options = {
    IgnoreUnknown: newer,
    StrictHostKeyChecking: 'accept-new',
    UserKnownHostsFile: `"${escapeTokens(file)}"`,
    GlobalKnownHostsFile: '/dev/null',
    KnownHostsCommand: 'none',
    HostKeyAlias: 'nicfix',
    HashKnownHosts: 'no',
    HostKeyAlgorithms: algorithms.join(','),
    PreferredAuthentications: 'none',
    ControlMaster: 'no',
    ControlPath: 'none',
    BatchMode: 'yes',
  }
  const own = Object.entries(options).flatMap(([key, value]) => ['-o', `${key}=${value}`])
  const common = [...strictOptions(habits), ...wayOf(settings, habits)]
  return [...own, ...common, ...target(settings), 'exit']
}

/** How to get there, and where to write what is done. */
function wayOf(settings: SshSettings, habits: Habits): string[] {
  const { jumps } = settings
  const log = ['-E', habits.logOf(jumps.length)]
  // A jump host has a way of its own in its configuration, which may be part of the list here.
  if (jumps.length === 0) return settings.hasProxyCommand ? log : [...log, '-o', 'ProxyJump=none']
  return [...log, '-o', `ProxyCommand=${proxyCommand(settings, habits)}`]
}

/**
 * The words of one command over that connection. Where it is gone, no other one must take its place: instead of to a
 * network, ssh would be connected to a program that only fails.
 */
export function commandWords(socket: string, text: string, log: string): string[] {
  const options = ['-F', '/dev/null', '-E', log, '-o', 'ControlMaster=no', '-o', 'BatchMode=yes']
  const nowhere = ['-o', 'ProxyCommand=false']
  return [...options, ...nowhere, '-S', escapeTokens(socket), '-T', '--', 'nicfix', text]
}

/**
 * The jump hosts as one program. ssh would start it for ProxyJump too, but without the options that make it strict.
 * Each level is read by a shell once, and has its tokens expanded once.
 */
function proxyCommand(settings: SshSettings, habits: Habits): string {
  const { jumps } = settings
  let command: string | undefined
  for (const [at, { settings: hop }] of jumps.entries()) {
    const next = jumps[at + 1]?.settings ?? settings
    // The way to the first one is its own; its ProxyJump is in the list already.
    const way = command ?? (hop.hasProxyCommand ? undefined : '')
    const proxy = way === '' ? 'ProxyJump=none' : `ProxyCommand=${way}`
    const log = ['-E', habits.logOf(at), '-o', 'ControlMaster=no', '-o', 'ControlPath=none']
    const options = [...strictOptions(habits), ...log, ...(way === undefined ? [] : ['-o', proxy])]
    const words = ['ssh', ...options, '-W', `[${next.address}]:${next.port}`, ...target(hop)]
    command = escapeTokens(quoteAll(words))
  }
  return command ?? 'none'
}

/** As a person would name the host, but for the jump hosts, which ssh takes only once. */
function target({ login }: SshSettings): string[] {
  const flags = login.slice(1, -1)
  const jump = flags.indexOf('-J')
  const rest = jump < 0 ? flags : flags.toSpliced(jump, 2)
  return [...rest, '--', login.at(-1) ?? '']
}

const escapeTokens = (text: string): string => text.replaceAll('%', '%%')
