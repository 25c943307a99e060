import { mkdirSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  fingerprint,
  hostKeyAlgorithms,
  judgeHostKey,
  matchesHost,
  parseKnownHosts,
  type HostName,
} from '../../src/remote/known-hosts.ts'
import { makeDirectory, makeKey } from './server.ts'

type Key = Awaited<ReturnType<typeof makeKey>>
type Case = {
  readonly title: string
  /** known_hosts text; {ed} {rsa} {ec} are keys of the server, {other} {otherRsa} are not. */
  readonly text: string
  readonly second?: string
  readonly host?: string
  readonly port?: number
  readonly alias?: string
  readonly hashed?: boolean
  readonly verdict: string
}

let base: Awaited<ReturnType<typeof makeDirectory>>
let keys: Record<'ed' | 'rsa' | 'ec' | 'other' | 'otherRsa' | 'ec521', Key>
let config: string
const types = { ed: 'ed25519', rsa: 'rsa', ec: 'ecdsa', other: 'ed25519', otherRsa: 'rsa' } as const

async function makeLargeKey(dir: string): Promise<Key> {
  const file = join(dir, 'ec521')
  await execa('ssh-keygen', ['-q', '-t', 'ecdsa', '-b', '521', '-N', '', '-C', 'x', '-f', file])
  const [kind = '', base64 = ''] = (await readFile(`${file}.pub`, 'utf8')).split(' ')
  return { file, public: `${kind} ${base64}`, blob: Buffer.from(base64, 'base64') }
}

beforeAll(async () => {
  base = await makeDirectory()
  const made = Object.entries(types).map(async ([name, type]) => [
    name,
    await makeKey(base.dir, name, type),
  ])
  keys = Object.fromEntries(await Promise.all(made)) as typeof keys
  keys.ec521 = await makeLargeKey(base.dir)
  config = join(base.dir, 'sshd_config')
  const hostKeys = [keys.ed, keys.rsa, keys.ec].map(key => `HostKey ${key.file}`)
  await writeFile(config, `${hostKeys.join('\n')}\nUsePAM no\nPermitRootLogin no\n`)
  // sshd started by root insists on the directory of its packages.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true })
})

afterAll(() => base.remove())

const cases: readonly Case[] = [
  { title: 'a plain line', text: 'h1 {ed}', verdict: 'trusted' },
  { title: 'an empty file', text: '', verdict: 'unknown' },
  { title: 'another host', text: 'h2 {ed}\nh11 {ed}', verdict: 'unknown' },
  { title: 'a list of names', text: 'a,h1,b {ed}', verdict: 'trusted' },
  { title: 'wildcards', text: 'x* {other}\n?1 {ed}', verdict: 'trusted' },
  {
    title: 'a wildcard in the middle',
    text: 'w*.ex?mple.org {ed}',
    host: 'www.example.org',
    verdict: 'trusted',
  },
  { title: 'a negation', text: '*,!h1 {ed}', verdict: 'unknown' },
  { title: 'a negation in front', text: '!h1,* {other}', verdict: 'unknown' },
  { title: 'a negation of another host', text: '!h2,* {ed}', verdict: 'trusted' },
  { title: 'a name in capitals', text: 'H1 {ed}', verdict: 'trusted' },
  { title: 'a host asked for in capitals', text: 'h1 {ed}', host: 'H1', verdict: 'trusted' },
  { title: 'a hashed line', text: 'h1 {ed}', hashed: true, verdict: 'trusted' },
  { title: 'a hashed line of another host', text: 'h2 {ed}', hashed: true, verdict: 'unknown' },
  {
    title: 'a hashed line with a port',
    text: '[h1]:2222 {ed}',
    port: 2222,
    hashed: true,
    verdict: 'trusted',
  },
  { title: 'only the RSA key', text: 'h1 {rsa}', verdict: 'trusted' },
  { title: 'only the ECDSA key', text: 'h1 {ec}', verdict: 'trusted' },
  { title: 'another key', text: 'h1 {other}', verdict: 'changed' },
  { title: 'another RSA key', text: 'h1 {otherRsa}', verdict: 'changed' },
  {
    title: 'a key of a type that the host has not',
    text: 'h1 {ec521}',
    verdict: 'changed',
  },
  { title: 'that in a hashed line', text: 'h1 {ec521}', hashed: true, verdict: 'changed' },
  { title: 'other keys of two types', text: 'h1 {otherRsa}\nh1 {other}', verdict: 'changed' },
  {
    title: 'a revoked key in a hashed line',
    text: '@revoked h1 {ed}\nh1 {ed}',
    hashed: true,
    verdict: 'revoked',
  },
  {
    title: 'a revoked key beside another type that is good',
    text: '@revoked * {ed}\nh1 {rsa}',
    verdict: 'trusted',
  },
  { title: 'another key and the right one', text: 'h1 {other}\nh1 {ed}', verdict: 'trusted' },
  { title: 'another key in a hashed line', text: 'h1 {other}', hashed: true, verdict: 'changed' },
  { title: 'a revoked key', text: '@revoked * {ed}', verdict: 'revoked' },
  {
    title: 'a revoked key that is listed too',
    text: 'h1 {ed}\n@revoked h1 {ed}',
    verdict: 'revoked',
  },
  { title: 'a revoked key of another host', text: '@revoked h2 {ed}\nh1 {ed}', verdict: 'trusted' },
  {
    title: 'a revoked key that is not offered',
    text: '@revoked * {other}\nh1 {ed}',
    verdict: 'trusted',
  },
  { title: 'an authority', text: '@cert-authority * {other}', verdict: 'needs-ca' },
  {
    title: 'an authority beside the plain key',
    text: '@cert-authority * {other}\nh1 {ed}',
    verdict: 'trusted',
  },
  { title: 'an unknown marker', text: '@marked h1 {ed}', verdict: 'unknown' },
  { title: 'the host with its port', text: '[h1]:2222 {ed}', port: 2222, verdict: 'trusted' },
  { title: 'another port', text: '[h1]:2223 {ed}', port: 2222, verdict: 'unknown' },
  { title: 'a line without port', text: 'h1 {ed}', port: 2222, verdict: 'trusted' },
  { title: 'another key without port', text: 'h1 {other}', port: 2222, verdict: 'unknown' },
  {
    title: 'another key with port',
    text: '[h1]:2222 {other}\nh1 {ed}',
    port: 2222,
    verdict: 'changed',
  },
  { title: 'only the RSA key without port', text: 'h1 {rsa}', port: 2222, verdict: 'unknown' },
  { title: 'a port 22 in brackets', text: '[h1]:22 {ed}', verdict: 'unknown' },
  { title: 'an alias', text: 'box {ed}\nh1 {other}', alias: 'box', verdict: 'trusted' },
  { title: 'an alias and a port', text: 'box {ed}', alias: 'box', port: 2222, verdict: 'trusted' },
  { title: 'an alias in capitals', text: 'box {ed}', alias: 'BOX', verdict: 'trusted' },
  {
    title: 'comments and blanks',
    text: '# h1 {other}\n\n  \t h1\t{ed} a comment',
    verdict: 'trusted',
  },
  { title: 'Windows line ends', text: '# x\r\nh1 {ed}\r\n', verdict: 'trusted' },
  { title: 'a key that does not decode', text: 'h1 ssh-ed25519 AAAA\nh1 {ed}', verdict: 'trusted' },
  { title: 'a key of another type than it says', text: 'h1 {mixed}', verdict: 'unknown' },
  { title: 'the second file', text: 'h2 {ed}', second: 'h1 {ed}', verdict: 'trusted' },
  {
    title: 'a second file that revokes',
    text: 'h1 {ed}',
    second: '@revoked h1 {ed}',
    verdict: 'revoked',
  },
]

function fill(text: string): string {
  return text
    .replaceAll('{mixed}', keys.ed.public.replace('ssh-ed25519', 'ssh-rsa'))
    .replaceAll(/\{(\w+)\}/g, (_, name: keyof typeof keys) => keys[name].public)
}

async function writeFiles(each: Case, index: number): Promise<string[]> {
  const files = [join(base.dir, `known.${index}`), join(base.dir, `known.${index}.second`)]
  await writeFile(files[0]!, fill(each.text))
  await writeFile(files[1]!, fill(each.second ?? ''))
  if (each.hashed) await execa('ssh-keygen', ['-H', '-f', files[0]!])
  return files
}

async function askOurselves(each: Case, files: readonly string[]): Promise<string> {
  const { host = 'h1', port = 22, alias } = each
  const name: HostName = { host, port, ...(alias === undefined ? {} : { alias }) }
  const texts = await Promise.all(files.map(file => readFile(file, 'utf8')))
  const known = texts.flatMap((text, index) => parseKnownHosts(text, files[index]!))
  // The server has a key for each algorithm, so the first of ours decides.
  const algorithm = hostKeyAlgorithms(known, name)[0]!
  const offered = algorithm.startsWith('rsa')
    ? keys.rsa
    : algorithm.startsWith('ec')
      ? keys.ec
      : keys.ed
  return judgeHostKey(known, name, offered.blob).kind
}

async function askOpenSsh(each: Case, files: readonly string[]): Promise<string> {
  const options = {
    StrictHostKeyChecking: 'yes',
    UserKnownHostsFile: files.join(' '),
    GlobalKnownHostsFile: '/dev/null',
    PreferredAuthentications: 'none',
    // Only to be quick: the default of ssh costs a third of the time.
    KexAlgorithms: 'curve25519-sha256',
    ProxyCommand: `/usr/sbin/sshd -i -f ${config}`,
    ...(each.alias === undefined ? {} : { HostKeyAlias: each.alias }),
  }
  const flags = Object.entries(options).flatMap(([key, value]) => ['-o', `${key}=${value}`])
  const target = ['-p', String(each.port ?? 22), '-l', 'nobody', each.host ?? 'h1', 'true']
  const { stderr } = await execa('ssh', ['-F', '/dev/null', ...flags, ...target], { reject: false })
  if (stderr.includes('Permission denied')) return 'trusted'
  if (stderr.includes('IDENTIFICATION HAS CHANGED')) return 'changed'
  if (stderr.includes('REVOKED')) return 'revoked'
  if (/No \S+ host key is known/.test(stderr)) return 'unknown'
  throw new Error(`ssh said: ${stderr}`)
}

describe('the verdict on a host key with', () => {
  test.concurrent.for(cases.map((each, index) => ({ ...each, index })))(
    '$title is $verdict, as OpenSSH has it',
    async each => {
      const files = await writeFiles(each, each.index)
      expect(await askOurselves(each, files)).toBe(each.verdict)
      // Without a certificate to check, ssh calls a host that only an authority vouches for unknown.
      const theirs = each.verdict === 'needs-ca' ? 'unknown' : each.verdict
      expect(await askOpenSsh(each, files)).toBe(theirs)
    },
  )
})

test('a changed key names the line of its own type', () => {
  const known = parseKnownHosts(fill('# comment\nh1 {otherRsa}\nh1 {other}\n'), 'file')
  expect(judgeHostKey(known, { host: 'h1', port: 22 }, keys.ed.blob)).toEqual({
    kind: 'changed',
    file: 'file',
    line: 3,
    known: keys.other.blob,
  })
})

test('the fingerprint is the one that ssh-keygen prints', async () => {
  const { stdout } = await execa('ssh-keygen', ['-lf', `${keys.rsa.file}.pub`])
  expect(stdout.split(' ')[1]).toBe(fingerprint(keys.rsa.blob))
})

test('SHA-1 and DSA are never offered, known or not', () => {
  const known = parseKnownHosts(fill('h1 {rsa}'), 'file')
  const list: string[] = hostKeyAlgorithms(known, { host: 'h1', port: 22 })
  expect(list.slice(0, 2)).toEqual(['rsa-sha2-512', 'rsa-sha2-256'])
  expect(list).not.toContain('ssh-rsa')
  expect(list).not.toContain('ssh-dss')
})

test('any text is read without an error', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      const known = parseKnownHosts(text, 'file')
      const { kind } = judgeHostKey(known, { host: 'h1', port: 2222 }, Buffer.from(text))
      expect(kind).toBe('unknown')
    }),
  )
})

test('a pattern of many stars takes no time', () => {
  const begin = performance.now()
  expect(matchesHost(`${'*a'.repeat(500)}b`, 'a'.repeat(1000))).toBe(false)
  expect(performance.now() - begin).toBeLessThan(500)
})
