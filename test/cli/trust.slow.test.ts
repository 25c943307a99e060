import { execFile } from 'node:child_process'
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fingerprint } from '../../src/remote/known-hosts.ts'
import { makeBench, type Bench, type Key } from '../remote/bench.ts'
import { makeKey } from '../remote/server.ts'
import { me } from '../remote/sshd.ts'
import { nicfixInTerminal, type Typed } from './terminal.ts'

const door = new URL('../../src/main.js', import.meta.url).pathname
let bench: Bench
let other: Key
let second: Key
let ports: { one: number; two: number }
let count = 0

beforeAll(async () => {
  bench = await makeBench()
  other = await makeKey(bench.dir, 'other')
  second = await makeKey(bench.dir, 'second')
  const [one, two] = [await bench.serve(), await bench.serve({ hostKeys: [second.file] })]
  ports = { one: one.port, two: two.port }
})

afterAll(() => bench.close())

/** An ssh configuration with two hosts and this in their known_hosts file, which is not there when absent. */
async function configure(known?: string, more: Readonly<Record<string, readonly string[]>> = {}) {
  const folder = join(bench.dir, `home.${count++}`)
  const [config, file] = [join(folder, 'config'), join(folder, 'ssh', 'known_hosts')]
  await mkdir(folder)
  if (known !== undefined) {
    await mkdir(join(folder, 'ssh'))
    await writeFile(file, fill(known))
    await chmod(file, 0o640)
  }
  const hosts = (['one', 'two'] as const).flatMap(name => [
    `Host ${name}`,
    'HostName 127.0.0.1',
    `Port ${ports[name]}`,
    ...(more[name] ?? []),
  ])
  const usual = ['Host *', `User ${me}`, `IdentityFile ${bench.user.file}`, 'IdentitiesOnly yes']
  const files = [`UserKnownHostsFile ${file}`, 'GlobalKnownHostsFile /dev/null']
  const all = [...hosts, ...usual, ...files, 'IdentityAgent none', ...(more['all'] ?? [])]
  await writeFile(config, all.join('\n'))
  return { config, file }
}

const fill = (text: string): string =>
  text.replaceAll('ONE', `[127.0.0.1]:${ports.one}`).replaceAll('TWO', `[127.0.0.1]:${ports.two}`)

function trust(config: string, typing: readonly Typed[], hosts = 'one,two') {
  return nicfixInTerminal(['hosts', 'trust', '-H', hosts, '--ssh-config', config], typing)
}

const yes: Typed = ['Type yes:', 'yes']

/** What the ssh client itself says of a host with these files. */
async function asksSsh(config: string, name: string): Promise<number | undefined> {
  const strict = ['-o', 'StrictHostKeyChecking=yes', '-o', 'BatchMode=yes']
  const words = ['-F', config, ...strict, name, 'true']
  return (await execa('ssh', words, { reject: false })).exitCode
}

describe('hosts trust', () => {
  test('shows all new keys in one table, asks once, and adds them', async () => {
    const { config, file } = await configure()
    const { code, shown } = await trust(config, [yes])
    expect(shown).toMatch(
      fillPattern(`one  ONE  ssh-ed25519  ${fingerprint(bench.host.blob)}  NEW`),
    )
    expect(shown).toMatch(fillPattern(`two  TWO  ssh-ed25519  ${fingerprint(second.blob)}  NEW`))
    expect(shown.match(/Type yes:/g)).toHaveLength(1)
    expect(shown).toContain('Trust these 2 keys?')
    expect(shown).toContain('added 2 of 2')
    expect(code).toBe(0)
    expect(await readFile(file, 'utf8')).toBe(
      fill(`ONE ${bench.host.public}\nTWO ${second.public}\n`),
    )
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect((await stat(join(file, '..'))).mode & 0o777).toBe(0o700)
    expect([await asksSsh(config, 'one'), await asksSsh(config, 'two')]).toEqual([0, 0])
    const again = await trust(config, [])
    expect(again.code).toBe(0)
    expect(again.shown).toContain('nothing to add')
    expect(again.shown).not.toContain('Type yes')
  })

  test('changes nothing on no', async () => {
    const { config, file } = await configure()
    const { code, shown } = await trust(config, [['Type yes:', 'y']])
    expect(code).toBe(8)
    expect(shown).toContain('nothing was changed')
    await expect(stat(file)).rejects.toThrow('ENOENT')
  })

  test('changes nothing where nobody can be asked', async () => {
    const { config, file } = await configure()
    const words = [door, 'hosts', 'trust', '-H', 'one', '--ssh-config', config, '--json']
    const ended = await new Promise<{ code: number; stdout: string }>(resolve => {
      const child = execFile(process.execPath, words, (_error, stdout) =>
        resolve({ code: child.exitCode ?? -1, stdout }),
      )
      child.stdin?.end()
    })
    expect(ended.code).toBe(8)
    expect(JSON.parse(ended.stdout)).toEqual([
      {
        host: 'one',
        knownAs: fill('ONE'),
        verdict: 'new',
        type: 'ssh-ed25519',
        fingerprint: fingerprint(bench.host.blob),
      },
    ])
    await expect(stat(file)).rejects.toThrow('ENOENT')
  })

  test('leaves what is there, its mode too, and begins a line of its own', async () => {
    const before = '# mine\nother.example ssh-ed25519 AAAA\nTWO'
    const { config, file } = await configure(`${before} ${second.public}`)
    const { code, shown } = await trust(config, [yes])
    expect(code).toBe(0)
    expect(shown).toContain('Trust this key?')
    expect(await readFile(file, 'utf8')).toBe(
      fill(`${before} ${second.public}\nONE ${bench.host.public}\n`),
    )
    expect((await stat(file)).mode & 0o777).toBe(0o640)
  })

  test('never replaces a key that changed, and adds the others', async () => {
    const { config, file } = await configure(`ONE ${other.public}\n`)
    const { code, shown } = await trust(config, [yes])
    expect(code).toBe(4)
    expect(shown).toMatch(/^one .*NOT TRUSTED/m)
    expect(shown).toContain('error[NF6002]')
    expect(shown).toContain(fingerprint(other.blob))
    expect(await readFile(file, 'utf8')).toBe(fill(`ONE ${other.public}\nTWO ${second.public}\n`))
  })

  test('never takes a revoked key', async () => {
    const text = `@revoked * ${bench.host.public}\n`
    const { config, file } = await configure(text)
    const { code, shown } = await trust(config, [], 'one')
    expect(code).toBe(4)
    expect(shown).toContain('is revoked by')
    expect(await readFile(file, 'utf8')).toBe(text)
  })

  test('hides names as ssh would, and files a host under its alias', async () => {
    const more = { all: ['HashKnownHosts yes'], two: ['HostKeyAlias Box'] }
    const { config, file } = await configure('', more)
    expect((await trust(config, [yes])).code).toBe(0)
    const text = await readFile(file, 'utf8')
    expect(text).not.toContain('127.0.0.1')
    const find = (name: string) => execa('ssh-keygen', ['-F', name, '-f', file])
    expect((await find(fill('ONE'))).stdout).toContain(bench.host.public)
    expect((await find('box')).stdout).toContain(second.public)
    expect([await asksSsh(config, 'one'), await asksSsh(config, 'two')]).toEqual([0, 0])
  })

  test('does not log in to a jump host whose key is new: what is behind it comes next', async () => {
    const { config } = await configure('', { two: ['ProxyJump one'] })
    const first = await trust(config, [yes], 'two')
    expect(first.shown).toMatch(/one .* NEW/)
    expect(first.shown).toMatch(/two .* not looked at/)
    expect(first.shown).toContain('run this again')
    expect(first.code).toBe(4)
    const next = await trust(config, [yes], 'two')
    expect(next.shown).toMatch(/one .* known/)
    expect(next.shown).toMatch(/two .* NEW/)
    expect(next.code).toBe(0)
    expect(await asksSsh(config, 'two')).toBe(0)
  })

  test('tells of a host that is not reached', async () => {
    const { config, file } = await configure('', { one: [] })
    await writeFile(config, (await readFile(config, 'utf8')).replace(`Port ${ports.one}`, 'Port 1'))
    const { code, shown } = await trust(config, [yes])
    expect(code).toBe(4)
    expect(shown).toContain('one cannot be reached: the connection was refused.')
    expect(await readFile(file, 'utf8')).toBe(fill(`TWO ${second.public}\n`))
  })
})

/** A row of the table, however wide its columns are. */
function fillPattern(row: string): RegExp {
  const words = fill(row).split(/ {2,}/)
  return new RegExp(words.map(word => RegExp.escape(word)).join(' +'))
}
