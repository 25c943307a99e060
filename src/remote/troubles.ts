import { problem, Trouble } from '../problems.ts'
import type { SshSettings } from './config.ts'
import { fingerprint, keyType, type HostName, type Verdict } from './known-hosts.ts'
import { quoteAll } from '../quote.ts'

/** Whom a trouble is about: the host that was asked for, and the hop on the way that made it. */
export type Party = { readonly host: string; readonly hop: string; readonly settings: SshSettings }

function title({ host, hop }: Party): string {
  return hop === host ? host : `${hop} (on the way to ${host})`
}

/** The name that this host has in known_hosts files. */
export function knownAs(settings: SshSettings): HostName {
  const { address, port, hostKeyAlias } = settings
  return { host: address, port, ...(hostKeyAlias === undefined ? {} : { alias: hostKeyAlias }) }
}

function knownHostsName({ address, port, hostKeyAlias }: SshSettings): string {
  return hostKeyAlias ?? (port === 22 ? address : `[${address}]:${port}`)
}

/** NF6001 or NF6002 for every verdict on a host key but `trusted`. */
export function hostKeyTrouble(party: Party, verdict: Verdict, offered: Buffer): Trouble {
  const shown = `offered    ${keyType(offered)} ${fingerprint(offered)}`
  if (verdict.kind === 'changed') return changedKey(party, verdict, shown)
  if (verdict.kind === 'revoked')
    return new Trouble(
      problem(
        'NF6002',
        `The host key of ${title(party)} is revoked by ${verdict.file}:${verdict.line}. Not connecting.`,
        'Give the host a new host key, then take that key into known_hosts over a way you trust.',
        { host: party.host, details: [shown, `revoked    ${verdict.file}:${verdict.line}`] },
      ),
    )
  const certified =
    verdict.kind === 'needs-ca'
      ? [
          `A certificate authority vouches for this host (${verdict.file}:${verdict.line}), but nicfix cannot check host certificates yet: it needs the plain key.`,
        ]
      : []
  return unknownKey(party, offered, certified)
}

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
      `Only if you know why it changed: ${forget}, then log in once with: ${quoteAll(settings.login)}`,
      {
        host,
        details: [`known      ${keyType(known)} ${fingerprint(known)}   ${file}:${line}`, shown],
      },
    ),
  )
}

function unknownKey(party: Party, offered: Buffer, more: readonly string[]): Trouble {
  const { settings, host } = party
  const lax = ['no', 'off', 'false', 'accept-new'].includes(settings.strictness)
  const scanType = keyType(offered).replace(/^ssh-|-sha2-nistp\d+$/g, '')
  const scan = ['ssh-keyscan', '-t', scanType, '-p', String(settings.port), settings.address]
  return new Trouble(
    problem(
      'NF6001',
      `The host key of ${title(party)} is not known. Not connecting.`,
      `Compare the fingerprint with the host's own (on its console: ssh-keygen -lf /etc/ssh/ssh_host_${scanType}_key.pub), then log in once with: ${quoteAll(settings.login)}`,
      {
        host,
        details: [
          `offered    ${keyType(offered)} ${fingerprint(offered)}`,
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

/** NF6003: the host cannot be reached, with the reason in words. */
export function unreachable(party: Party, what: string, next: string): Trouble {
  const { address, port } = party.settings
  return new Trouble(
    problem('NF6003', `${title(party)} cannot be reached: ${what}.`, next, {
      host: party.host,
      details: [`tried ${address} port ${port}`],
    }),
  )
}

/** NF6004: the login was not accepted; says what was tried and what the host would have taken. */
export function authTrouble(
  party: Party,
  tried: { readonly keys: readonly string[]; readonly methods: readonly string[] },
  reason?: string,
): Trouble {
  const { settings, host } = party
  return new Trouble(
    problem(
      'NF6004',
      `${title(party)} did not accept the login as ${settings.user}${reason === undefined ? '' : ` (${reason})`}.`,
      `Put a key that ${host} accepts into your agent (ssh-add) or name it as IdentityFile; check with: ${quoteAll(settings.login)}`,
      {
        host,
        details: [
          `the host takes: ${tried.methods.join(', ') || 'it did not say'}; nicfix can only use publickey`,
          ...(tried.keys.length > 0 ? tried.keys : ['no key was found to try']),
        ],
      },
    ),
  )
}

/** NF6005: commands cannot run as root; `why` is what sudo said. */
export function rootTrouble(host: string, user: string, why: readonly string[]): Trouble {
  return new Trouble(
    problem(
      'NF6005',
      `${user} cannot run commands as root on ${host}.`,
      `On ${host}, as root: visudo -f /etc/sudoers.d/nicfix, and put in it: ${user} ALL=(root) NOPASSWD: ALL`,
      { host, details: why },
    ),
  )
}
