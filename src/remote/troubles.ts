import { problem, Trouble, type Problem } from '../problems.ts'
import { toPlain } from './plain.ts'
import type { SshSettings } from './settings.ts'
import { shownKey, type HostName, type ShownKey, type Verdict } from './known-hosts.ts'
import { quoteAll } from '../quote.ts'

/** Whom a trouble is about: the host that was asked for, and the hop on the way that made it. */
export type Party = { readonly host: string; readonly hop: string; readonly settings: SshSettings }

/** A jump host on the way to a host. */
export function toParty(host: string, jump: SshSettings['jumps'][number]): Party {
  return { host, hop: jump.name, settings: jump.settings }
}

function title({ host, hop }: Party): string {
  return hop === host ? host : `${hop} (on the way to ${host})`
}

/** The name that this host has in known_hosts files. */
export function knownAs(settings: SshSettings): HostName {
  const { address, port, hostKeyAlias } = settings
  return { host: address, port, ...(hostKeyAlias === undefined ? {} : { alias: hostKeyAlias }) }
}

/** That name as known_hosts has it: with its port unless that is 22. */
export function knownHostsName({ address, port, hostKeyAlias }: SshSettings): string {
  return hostKeyAlias ?? (port === 22 ? address : `[${address}]:${port}`)
}

/** NF6001 or NF6002 for every verdict on a host key but `trusted`. */
export function hostKeyTrouble(party: Party, verdict: Verdict, offered: ShownKey): Trouble {
  const shown = `offered    ${tellKey(offered)}`
  if (verdict.kind === 'changed') return changedKey(party, verdict, shown)
  if (verdict.kind === 'revoked') {
    const { file, line } = verdict
    const place = line === undefined ? file : `${file}:${line}`
    return new Trouble(
      problem(
        'NF6002',
        `The host key of ${title(party)} is revoked by ${place}. Not connecting.`,
        'Give the host a new host key, then take that key into known_hosts over a way you trust.',
        { host: party.host, details: [shown, `revoked    ${place}`] },
      ),
    )
  }
  const certified =
    verdict.kind === 'needs-ca'
      ? [
          `A certificate authority vouches for this host (${verdict.file}:${verdict.line}), but ssh2 cannot check host certificates: it needs the plain key.`,
        ]
      : []
  const why = verdict.kind === 'unknown' && verdict.why !== undefined ? [verdict.why] : []
  return unknownKey(party, offered, [...certified, ...why])
}

/** How to have nicfix add a key, with the configuration that was used here. */
function trustCommand({ hop, settings: { login } }: Party): string {
  const file = login.indexOf('-F')
  const config = file < 0 ? [] : ['--ssh-config', login[file + 1] ?? '']
  return quoteAll(['nicfix', 'hosts', 'trust', '--host', hop, ...config])
}

const tellKey = ({ type, fingerprint }: ShownKey): string => `${type} ${fingerprint}`

function changedKey(
  party: Party,
  { file, line, known }: Extract<Verdict, { kind: 'changed' }>,
  shown: string,
): Trouble {
  const { settings, host } = party
  const forget = quoteAll(['ssh-keygen', '-f', file, '-R', knownHostsName(settings)])
  return new Trouble(
    problem(
      'NF6002',
      `The host key of ${title(party)} is not the one in ${file}:${line}. Not connecting.`,
      `Only if you know why it changed: ${forget}, then: ${trustCommand(party)}`,
      {
        host,
        details: [`known      ${tellKey(shownKey(known))}   ${file}:${line}`, shown],
      },
    ),
  )
}

function unknownKey(party: Party, offered: ShownKey, more: readonly string[]): Trouble {
  const { settings, host } = party
  const lax = ['no', 'off', 'false', 'accept-new'].includes(settings.strictness)
  const scanType = offered.type.replace(/^ssh-|-sha2-nistp\d+$/g, '')
  const scan = ['ssh-keyscan', '-t', scanType, '-p', String(settings.port), settings.address]
  return new Trouble(
    problem(
      'NF6001',
      `The host key of ${title(party)} is not known. Not connecting.`,
      `Compare the fingerprint with the host's own (on its console: ssh-keygen -lf /etc/ssh/ssh_host_${scanType}_key.pub), then: ${trustCommand(party)}, or log in once with: ${quoteAll(settings.login)}`,
      {
        host,
        details: [
          `offered    ${tellKey(offered)}`,
          `looked for ${knownHostsName(settings)} in ${settings.knownHostsFiles.join(', ') || 'no file at all'}`,
          ...more,
          ...(lax
            ? [
                `StrictHostKeyChecking is ${settings.strictness} for this host in your ssh configuration. nicfix is always strict and does not follow that.`,
              ]
            : []),
          // Not with an alias: ssh-keyscan would file the key under the address.
          ...(settings.hostKeyAlias === undefined && settings.jumps.length === 0
            ? [`The key itself is shown by: ${quoteAll(scan)}`]
            : []),
        ],
      },
    ),
  )
}

const reasons: Readonly<Record<string, readonly [what: string, next: string]>> = {
  ENOTFOUND: [
    'its name does not resolve',
    'Check the name, or give it a HostName in ~/.ssh/config.',
  ],
  EAI_AGAIN: ['the name server does not answer', "Check this machine's own network and DNS."],
  ECONNREFUSED: [
    'the connection was refused',
    'Check that sshd runs there and listens on this port.',
  ],
  EHOSTUNREACH: ['there is no route to it', 'Check that the host is up and the network between.'],
  ENETUNREACH: [
    'its network is not reachable from here',
    "Check this machine's own network or VPN.",
  ],
  ETIMEDOUT: [
    'nothing answers (timeout)',
    'Check that the host is up and that no firewall drops the port.',
  ],
  ECONNRESET: ['the connection was reset', 'Check firewalls and the sshd log on the host.'],
}

/** NF6003 for an error of DNS or TCP, told by its `code`. */
export function networkTrouble(party: Party, error: Error & { code?: string }): Trouble {
  const [what, next] = reasons[error.code ?? ''] ?? [
    error.message,
    'Check the host and the network between.',
  ]
  return unreachable(party, what, next)
}

/** NF6006: ssh does not understand the configuration. */
export function badConfiguration(name: string, why: string): Trouble {
  return new Trouble(
    problem(
      'NF6006',
      `The ssh configuration for ${name} cannot be used: ${why.split('\n')[0] ?? ''}.`,
      'Check your ssh configuration (~/.ssh/config, or the file you named).',
      { host: name, details: why.split('\n').slice(1) },
    ),
  )
}

/** NF6003: the host cannot be reached, with the reason in words. */
export function unreachable(
  party: Party,
  what: string,
  next: string,
  more: readonly string[] = [],
): Trouble {
  const { address, port } = party.settings
  return new Trouble(
    problem('NF6003', `${title(party)} cannot be reached: ${what}.`, next, {
      host: party.host,
      details: [`tried ${address} port ${port}`, ...more.filter(line => line !== '')],
    }),
  )
}

/** The login was not accepted, and by which methods the host would have taken one. */
export class LoginRefused extends Trouble {
  readonly methods: readonly string[]
  constructor(methods: readonly string[], one: Problem) {
    super(one)
    this.methods = methods
  }
}

/** NF6004: the login was not accepted; says what was tried and what the host would have taken. */
export function authTrouble(
  party: Party,
  tried: { readonly keys: readonly string[]; readonly methods: readonly string[] },
  reason?: string,
): LoginRefused {
  const { settings, host } = party
  const message = `${title(party)} did not accept the login as ${settings.user}${reason === undefined ? '' : ` (${reason})`}.`
  const next = `Put a key that ${party.hop} accepts into your agent (ssh-add) or name it as IdentityFile; check with: ${quoteAll(settings.login)}`
  const details = [
    `the host takes: ${toPlain(tried.methods.join(', ')) || 'it did not say'}`,
    ...(tried.keys.length > 0 ? tried.keys : ['no key was found to try']),
  ]
  return new LoginRefused(tried.methods, problem('NF6004', message, next, { host, details }))
}

const tellTty = (user: string): string =>
  `sudo wants a terminal there (requiretty), which nicfix never has: it would mix up output. Put into /etc/sudoers.d/nicfix: Defaults:${user} !requiretty`

/** NF6005: commands cannot run as root; `why` is what sudo said. */
export function rootTrouble(host: string, user: string, why: readonly string[]): Trouble {
  const rule = `On ${host}, as root: visudo -f /etc/sudoers.d/nicfix, and put in it: ${user} ALL=(root) NOPASSWD: ALL`
  const ways: readonly (readonly [RegExp, string])[] = [
    [/must have a tty/i, tellTty(user)],
    [
      /incorrect|try again|authentication failed/i,
      `Try again with the password that ${user} has on ${host}. To need none: ${rule}`,
    ],
    [
      /password is required/i,
      `${rule}. Or give the password: on a terminal nicfix asks for it, elsewhere name a file with --sudo-password-file`,
    ],
  ]
  const next = ways.find(([pattern]) => why.some(line => pattern.test(line)))?.[1] ?? rule
  return new Trouble(
    problem('NF6005', `${user} cannot run commands as root on ${host}.`, next, {
      host,
      details: why,
    }),
  )
}
