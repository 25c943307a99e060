import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { ServerHostKeyAlgorithm } from 'ssh2'

/** One usable line of a known_hosts file. */
export type KnownHost = {
  readonly file: string
  readonly line: number
  readonly marker: 'none' | 'ca' | 'revoked'
  /** The first field as written: a comma list of patterns, or `|1|salt|hash`. */
  readonly names: string
  readonly type: string
  readonly key: Buffer
}

/** What a host is looked up as. With an alias neither the host nor the port counts. */
export type HostName = { readonly host: string; readonly port: number; readonly alias?: string }

export type Verdict =
  | { readonly kind: 'trusted' }
  | { readonly kind: 'unknown'; readonly why?: string }
  | {
      readonly kind: 'changed'
      readonly file: string
      readonly line: number
      readonly known: Buffer
    }
  | { readonly kind: 'revoked'; readonly file: string; readonly line: number | undefined }
  | { readonly kind: 'needs-ca'; readonly file: string; readonly line: number }

const markers: Readonly<Record<string, KnownHost['marker']>> = {
  '@cert-authority': 'ca',
  '@revoked': 'revoked',
}

/** The `SHA256:…` form that ssh-keygen -l prints, of a key in its SSH wire form. */
export function fingerprint(key: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`
}

/** A key as people are shown it. */
export type ShownKey = { readonly type: string; readonly fingerprint: string }

/** The type and fingerprint of a key in its SSH wire form. */
export function shownKey(key: Buffer): ShownKey {
  return { type: keyType(key), fingerprint: fingerprint(key) }
}

/** The key type named inside a key in its SSH wire form; empty when it is not one. */
export function keyType(key: Buffer): string {
  if (key.length < 4) return ''
  const length = key.readUInt32BE(0)
  return length > 64 || key.length < 4 + length ? '' : key.toString('latin1', 4, 4 + length)
}

/**
 * Reads the text of one known_hosts file. Lines that OpenSSH skips are skipped: comments, unknown markers,
 * keys that do not decode or are not of the type they claim. Source: sshd(8), SSH_KNOWN_HOSTS FILE FORMAT.
 */
export function parseKnownHosts(text: string, file: string): KnownHost[] {
  return text.split('\n').flatMap((raw, index) => {
    const words = raw.trim().split(/[ \t]+/)
    const first = words[0] ?? ''
    if (first === '' || first.startsWith('#')) return []
    const marker = first.startsWith('@') ? markers[first] : 'none'
    const [names, type, base64] = marker === 'none' ? words : words.slice(1)
    if (marker === undefined || names === undefined || type === undefined) return []
    const key = Buffer.from(base64 ?? '', 'base64')
    if (keyType(key) !== type) return []
    return [{ file, line: index + 1, marker, names, type, key }]
  })
}

/** Whether a known_hosts host field covers a name (`host`, or `[host]:port`), hashed or not. */
export function matchesHost(names: string, name: string): boolean {
  return names.startsWith('|') ? matchesHash(names, name) : matchesPatterns(names, name)
}

function matchesHash(names: string, name: string): boolean {
  const [, version, salt, hash] = names.split('|')
  if (version !== '1' || salt === undefined || hash === undefined) return false
  const wanted = Buffer.from(hash, 'base64')
  const got = createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest()
  return wanted.length === got.length && timingSafeEqual(wanted, got)
}

function matchesPatterns(patterns: string, name: string): boolean {
  let matched = false
  for (const pattern of patterns.toLowerCase().split(',')) {
    const negated = pattern.startsWith('!')
    if (!matchesGlob(negated ? pattern.slice(1) : pattern, name)) continue
    // One negated match decides against the whole line, wherever it stands.
    if (negated) return false
    matched = true
  }
  return matched
}

/** `*` and `?` only; by hand and not as a RegExp, which could be made to take for ever. */
function matchesGlob(pattern: string, name: string): boolean {
  let at = 0
  let star = -1
  let retry = 0
  let index = 0
  while (index < name.length) {
    if (pattern[at] === '*') {
      star = at++
      retry = index
    } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === name[index])) {
      at++
      index++
    } else if (star >= 0) {
      at = star + 1
      index = ++retry
    } else return false
  }
  while (pattern[at] === '*') at++
  return at === pattern.length
}

function lookupNames({ host, port, alias }: HostName): string[] {
  if (alias !== undefined) return [alias.toLowerCase()]
  const plain = host.toLowerCase()
  return port === 22 ? [plain] : [`[${plain}]:${port}`, plain]
}

/**
 * Judges an offered plain host key by all known_hosts lines, as OpenSSH does with StrictHostKeyChecking=yes.
 * For another port than 22 a line without port may also vouch for the key, but never makes it `changed`.
 */
export function judgeHostKey(
  known: readonly KnownHost[],
  host: HostName,
  offered: Buffer,
): Verdict {
  let first: Verdict | undefined
  for (const name of lookupNames(host)) {
    const verdict = judgeName(known, name, offered)
    if (verdict.kind === 'trusted' || verdict.kind === 'revoked') return verdict
    first ??= verdict
    if (verdict.kind === 'changed') break
  }
  return first ?? { kind: 'unknown' }
}

function judgeName(known: readonly KnownHost[], name: string, offered: Buffer): Verdict {
  const lines = known.filter(each => matchesHost(each.names, name))
  const revoked = lines.find(each => each.marker === 'revoked' && each.key.equals(offered))
  if (revoked) return { kind: 'revoked', file: revoked.file, line: revoked.line }
  const plain = lines.filter(each => each.marker === 'none')
  if (plain.some(each => each.key.equals(offered))) return { kind: 'trusted' }
  const other = plain.find(each => each.type === keyType(offered)) ?? plain[0]
  if (other) return { kind: 'changed', file: other.file, line: other.line, known: other.key }
  const authority = lines.find(each => each.marker === 'ca')
  if (authority) return { kind: 'needs-ca', file: authority.file, line: authority.line }
  return { kind: 'unknown' }
}

/** The line of a certificate authority that may vouch for a host, if there is one. */
export function findAuthority(known: readonly KnownHost[], host: HostName): KnownHost | undefined {
  const names = lookupNames(host)
  return known.find(
    each => each.marker === 'ca' && names.some(name => matchesHost(each.names, name)),
  )
}

/** Without SHA-1 `ssh-rsa` and without DSA, which ssh2 would still take. */
const algorithms: readonly ServerHostKeyAlgorithm[] = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
]

/**
 * The host key algorithms to offer, those of known keys first: else a host that is known by its RSA key alone
 * shows its Ed25519 key and looks changed. The others stay in the list, so that a new kind of key is reported.
 */
export function hostKeyAlgorithms(
  known: readonly KnownHost[],
  host: HostName,
): ServerHostKeyAlgorithm[] {
  // As ssh does it: a line without port does not count here for a host with one.
  const name = lookupNames(host)[0] ?? ''
  const types = known
    .filter(each => each.marker === 'none' && matchesHost(each.names, name))
    .map(each => each.type)
  const isKnown = (algorithm: string): boolean =>
    types.includes(algorithm.startsWith('rsa-') ? 'ssh-rsa' : algorithm)
  return [...algorithms.filter(isKnown), ...algorithms.filter(each => !isKnown(each))]
}
