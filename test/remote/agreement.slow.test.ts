import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Trouble } from '../../src/problems.ts'
import { readSettings } from '../../src/remote/config.ts'
import type { Transport } from '../../src/remote/settings.ts'
import { sshHost } from '../../src/remote/ssh.ts'
import { makeBench, sayIn, type Bench, type Key } from './bench.ts'
import { makeKey } from './server.ts'
import { me } from './sshd.ts'

type Case = {
  readonly title: string
  /** The two files of the user and the one of the system; AT is the address with the port, KEY and OTHER are keys. */
  readonly files: readonly [first: string, second?: string, system?: string]
  readonly lines?: readonly string[]
  readonly hashed?: boolean
  readonly ends: 'in' | 'NF6001' | 'NF6002'
}

const at = '[127.0.0.1]:PORT'
const cases: readonly Case[] = [
  { title: 'a line with the port', files: [`${at} KEY`], ends: 'in' },
  { title: 'a hashed line with the port', files: [`${at} KEY`], hashed: true, ends: 'in' },
  { title: 'a hashed line of another key', files: [`${at} OTHER`], hashed: true, ends: 'NF6002' },
  { title: 'a line without port', files: ['127.0.0.1 KEY'], ends: 'in' },
  { title: 'a line of another port', files: ['[127.0.0.1]:2 KEY'], ends: 'NF6001' },
  { title: 'a wildcard', files: ['[127.0.*]:PORT KEY'], ends: 'in' },
  { title: 'a negated pattern', files: [`*,!${at},!127.0.0.1 KEY`], ends: 'NF6001' },
  // Without its port the host is looked for once more, and then the star is for it.
  { title: 'a pattern that is negated with the port only', files: [`*,!${at} KEY`], ends: 'in' },
  { title: 'another key', files: [`${at} OTHER`], ends: 'NF6002' },
  {
    title: 'another key, and the right one in a later file',
    files: [`${at} OTHER`, `${at} KEY`],
    ends: 'in',
  },
  { title: 'the second file of the user', files: ['', `${at} KEY`], ends: 'in' },
  { title: 'the file of the system', files: ['', '', `${at} KEY`], ends: 'in' },
  {
    title: 'a file of the system that revokes',
    files: [`${at} KEY`, '', '@revoked * KEY'],
    ends: 'NF6002',
  },
  { title: 'an alias', files: ['box KEY'], lines: ['HostKeyAlias box'], ends: 'in' },
  {
    title: 'an alias that has another key',
    files: [`box OTHER\n${at} KEY`],
    lines: ['HostKeyAlias box'],
    ends: 'NF6002',
  },
  {
    title: 'an alias that nobody knows',
    files: [`${at} KEY`],
    lines: ['HostKeyAlias box'],
    ends: 'NF6001',
  },
  {
    title: 'the key of an authority as the key of the host',
    files: [`@cert-authority ${at} KEY`],
    ends: 'NF6001',
  },
  {
    title: 'an authority for others, and the plain line',
    files: [`@cert-authority *.example OTHER\n${at} KEY`],
    ends: 'in',
  },
  {
    title: 'an authority for this host too, and the plain line',
    files: [`@cert-authority ${at} OTHER\n${at} KEY`],
    ends: 'in',
  },
  { title: 'nothing at all', files: [''], ends: 'NF6001' },
]

let bench: Bench
let other: Key
let port: number

beforeAll(async () => {
  bench = await makeBench()
  other = await makeKey(bench.dir, 'other')
  port = (await bench.serve()).port
})
afterAll(() => bench.close())

async function configure({ files, hashed, lines = [] }: Case, number: number): Promise<string> {
  const paths = [0, 1, 2].map(index => join(bench.dir, `agree.${number}.${index}`))
  for (const [index, path] of paths.entries()) {
    const text = (files[index] ?? '')
      .replaceAll('PORT', String(port))
      .replaceAll('KEY', bench.host.public)
      .replaceAll('OTHER', other.public)
    await writeFile(path, text === '' ? '' : `${text}\n`)
    if (hashed && text !== '') await execa('ssh-keygen', ['-H', '-f', path])
  }
  const config = join(bench.dir, `agree.${number}.config`)
  const all = [
    'Host there',
    'HostName 127.0.0.1',
    `Port ${port}`,
    `User ${me}`,
    `IdentityFile ${bench.user.file}`,
    'IdentitiesOnly yes',
    'IdentityAgent none',
    `UserKnownHostsFile ${paths[0]} ${paths[1]}`,
    `GlobalKnownHostsFile ${paths[2]}`,
    // What a careless configuration has. nicfix does not follow it; for ssh itself it is overruled below.
    'StrictHostKeyChecking no',
  ]
  await writeFile(config, [...all, ...lines].join('\n'))
  return config
}

/** The same words for all: in, not known, or changed and revoked. */
async function askSsh(config: string): Promise<string> {
  const strict = ['-F', config, '-o', 'StrictHostKeyChecking=yes', '-o', 'BatchMode=yes']
  const { stdout, stderr } = await execa('ssh', [...strict, 'there', 'echo in'], { reject: false })
  if (stdout === 'in') return 'in'
  if (/IDENTIFICATION HAS CHANGED|REVOKED/.test(stderr)) return 'NF6002'
  if (/host key is known/.test(stderr)) return 'NF6001'
  throw new Error(`ssh said: ${stderr}`)
}

async function askNicfix(config: string, transport: Transport | undefined): Promise<string> {
  const settings = await readSettings('there', { sshConfig: config, transport })
  return sayIn(sshHost('there', settings).connect()).then(
    said => said.trim(),
    (error: unknown) => {
      if (error instanceof Trouble) return error.problems[0]?.code ?? ''
      throw error
    },
  )
}

describe('ssh and both transports of nicfix agree on', () => {
  test.for(cases.map((each, number) => ({ ...each, number })))('$title: $ends', async each => {
    const config = await configure(each, each.number)
    expect(await askSsh(config)).toBe(each.ends)
    expect(await askNicfix(config, undefined)).toBe(each.ends)
    expect(await askNicfix(config, 'openssh')).toBe(each.ends)
  })
})
