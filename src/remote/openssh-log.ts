import type { KnownHost, ShownKey, Verdict } from './known-hosts.ts'
import { fingerprint } from './known-hosts.ts'
import { toPlain } from './plain.ts'
import {
  authTrouble,
  badConfiguration,
  hostKeyTrouble,
  networkTrouble,
  unreachable,
  type Party,
} from './troubles.ts'

/** The host key that ssh was shown, by its log; also where a certificate came with it. */
export function readHostKey(log: string): ShownKey | undefined {
  const found = /^debug1: Server host (?:key|certificate): (\S+) (SHA256:[\w+/]+)/m.exec(log)
  return found ? { type: found[1] ?? '', fingerprint: found[2] ?? '' } : undefined
}

/** The login was accepted. */
export function isLoggedIn(log: string): boolean {
  return /^Authenticated to |^debug1: Authentication succeeded/m.test(log)
}

/** What an ssh program said last that was no mere remark, for whoever wants to know why it ended. */
export function lastWords(log: string): string | undefined {
  const lines = log.split(/\r?\n/).map(line => toPlain(line).trim())
  const said = lines.filter(
    line => line !== '' && !/^debug\d: |^(Transferred|Bytes per)/.test(line),
  )
  return said.findLast(line => !/^(Authenticated to|OpenSSH_|@)/.test(line))
}

/** The log of the ssh program, that of the hop before it, and what else was said on standard error. */
export type Texts = { readonly log: string; readonly before: string; readonly aside: string }

/**
 * Why ssh did not get in, told as ssh2 would have it told. The wording is that of OpenSSH's sshconnect.c and
 * sshconnect2.c, the same from 7.4 to 10 and never translated.
 */
export function explainLog(party: Party, written: Texts, known: readonly KnownHost[]): Error {
  const { log, before, aside } = written
  // Some of it is what a host said, and will be shown.
  const texts = { log: toPlain(log), before: toPlain(before), aside: toPlain(aside) }
  return explainPlain(party, texts, known)
}

function explainPlain(party: Party, texts: Texts, known: readonly KnownHost[]): Error {
  const { log } = texts
  const offered = readHostKey(log)
  const verdict = readVerdict(log, known, offered)
  if (verdict) return hostKeyTrouble(party, verdict, offered ?? unseen)
  return explainLogin(party, log) ?? explainNetwork(party, texts)
}

const unseen: ShownKey = { type: 'a key', fingerprint: 'that ssh did not show' }

function readVerdict(
  log: string,
  known: readonly KnownHost[],
  offered: ShownKey | undefined,
): Verdict | undefined {
  if (/REVOKED HOST KEY|^Host key .* revoked|host key .* (was|is) revoked/im.test(log)) {
    const line = known.find(
      each => each.marker === 'revoked' && fingerprint(each.key) === offered?.fingerprint,
    )
    const list = / revoked by file (.+?)\.?$/m.exec(log)?.[1]
    return { kind: 'revoked', file: line?.file ?? list ?? 'RevokedHostKeys', line: line?.line }
  }
  const [, file = '', number = ''] = /^Offending .*key in (.+):(\d+)$/m.exec(log) ?? []
  const changed = known.find(each => each.file === file && each.line === Number(number))
  if (changed && /IDENTIFICATION HAS CHANGED/.test(log))
    return { kind: 'changed', file, line: changed.line, known: changed.key }
  const invalid = /^(?:error: )?Certificate invalid: (.+?)$/m.exec(log)?.[1]
  if (invalid !== undefined)
    return { kind: 'unknown', why: `its certificate is not good: ${invalid}` }
  return /^Host key verification failed|^No \S+ host key is known/m.test(log)
    ? { kind: 'unknown' }
    : undefined
}

function explainLogin(party: Party, log: string): Error | undefined {
  const keys = Array.from(
    log.matchAll(/^debug1: Offering public key: (.+?) (\S+) (SHA256:\S+)(.*?)$/gm),
    ([, file, type, print, more]) => `tried ${type} ${print} of ${file}${more}`,
  )
  const denied = /Permission denied \(([^)]*)\)\.?$/m.exec(log)?.[1]
  if (denied !== undefined) return authTrouble(party, { keys, methods: denied.split(',') })
  const tooMany = /Too many authentication failures/.test(log)
  return tooMany ? authTrouble(party, { keys, methods: [] }, 'too many keys were tried') : undefined
}

/** How ssh says what Node has codes for: strerror(3) and gai_strerror(3) of the C locale. */
const codes: readonly (readonly [RegExp, string])[] = [
  [/Temporary failure in name resolution/, 'EAI_AGAIN'],
  [/Could not resolve hostname/, 'ENOTFOUND'],
  [/connect to .*: Connection refused/, 'ECONNREFUSED'],
  [/connect to .*: No route to host/, 'EHOSTUNREACH'],
  [/connect to .*: Network is unreachable/, 'ENETUNREACH'],
  [/connect to .*timed out/, 'ETIMEDOUT'],
]

function explainNetwork(party: Party, { log, before, aside }: Texts): Error {
  const fault =
    /(terminating, \d+ bad configuration|Bad (?:configuration|owner|\S+ argument).*)/i.exec(
      log,
    )?.[1]
  if (fault) return badConfiguration(party.hop, lastWords(log) ?? fault)
  const refused = /^channel \d+: open failed: (.+?)$/m.exec(before)?.[1]
  if (refused !== undefined)
    return unreachable(party, `the jump host says: ${refused}`, 'Check the way from the jump host.')
  const code = codes.find(([pattern]) => pattern.test(log))?.[1]
  const said = lastWords(log) ?? 'ssh ended without a word'
  if (code !== undefined) return networkTrouble(party, Object.assign(new Error(said), { code }))
  return unreachable(
    party,
    `SSH failed (${said})`,
    'Check that this port is an SSH server, and the sshd log on the host.',
    party.settings.hasProxyCommand ? aside.trim().split('\n').slice(-8) : [],
  )
}
