import { userInfo } from 'node:os'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readSettings } from '../../src/remote/config.ts'
import { parseSettings } from '../../src/remote/settings.ts'
import { makeDirectory } from './server.ts'

let base: Awaited<ReturnType<typeof makeDirectory>>
let sshConfig: string

beforeAll(async () => {
  base = await makeDirectory()
  sshConfig = join(base.dir, 'config')
  await writeFile(
    join(base.dir, 'more'),
    'Host included\n  HostName included.example\n  Port 9999\n',
  )
  await writeFile(
    sshConfig,
    `Include ${base.dir}/more
Host full
  HostName %h.example
  User deploy
  Port 2222
  IdentityFile ~/.ssh/for-%h-%r
  IdentitiesOnly yes
  IdentityAgent none
  UserKnownHostsFile ~/.ssh/known-%k /etc/other
  HostKeyAlias Box
  StrictHostKeyChecking accept-new
  ConnectTimeout 7
Host behind
  ProxyJump admin@full:2200,second
Host second
  ProxyJump full
Host deep
  ProxyJump second
Host piped
  ProxyCommand nc %h %p
Host listed
  RevokedHostKeys /etc/ssh/revoked
Host asked
  KnownHostsCommand /bin/false
Host bound
  BindAddress 127.0.0.2
Host certified
  CertificateFile /etc/ssh/mine-cert.pub
Host narrow
  AddressFamily inet6
  PubkeyAuthentication no
  KbdInteractiveAuthentication no
  BatchMode yes
  HashKnownHosts yes
  HostbasedAuthentication yes
Host round
  ProxyJump round2
Host round2
  ProxyJump round
`,
  )
})

afterAll(() => base.remove())

test('every setting is the one that ssh itself would use, with its tokens expanded', async () => {
  const home = userInfo().homedir
  const settings = await readSettings('full', { sshConfig })
  expect(settings).toMatchObject({
    address: 'full.example',
    port: 2222,
    user: 'deploy',
    keyFiles: [`${home}/.ssh/for-full.example-deploy`],
    identitiesOnly: true,
    hostKeyAlias: 'box',
    strictness: 'accept-new',
    connectTimeoutMs: 7000,
    jumps: [],
    login: ['ssh', '-F', sshConfig, 'full'],
  })
  expect(settings.knownHostsFiles.slice(0, 2)).toEqual([`${home}/.ssh/known-box`, '/etc/other'])
  expect(settings).not.toHaveProperty('agent')
  expect(settings).not.toHaveProperty('onlyOpenssh')
})

test('an included file counts', async () => {
  const settings = await readSettings('included', { sshConfig })
  expect(settings).toMatchObject({ address: 'included.example', port: 9999 })
})

test('a name that no configuration knows is its own address', async () => {
  const settings = await readSettings('plain.example', { sshConfig, user: 'root' })
  expect(settings).toMatchObject({ address: 'plain.example', port: 22, user: 'root' })
  expect(settings.keyFiles.length).toBeGreaterThan(0)
})

test('jump hosts come in order, each with its own settings', async () => {
  const { jumps } = await readSettings('behind', { sshConfig })
  const ways = jumps.map(({ name, settings }) => [name, settings.user, settings.port])
  expect(ways).toEqual([
    ['full', 'admin', 2200],
    ['second', userInfo().username, 22],
  ])
})

test('a jump host that is itself behind one brings it along', async () => {
  const { jumps } = await readSettings('deep', { sshConfig })
  expect(jumps.map(({ name }) => name)).toEqual(['full', 'second'])
})

test('jump hosts that go round in circles are refused', async () => {
  await expect(readSettings('round', { sshConfig })).rejects.toThrow('goes round in circles')
})

test.each([
  ['piped', 'ProxyCommand (nc'],
  ['listed', 'RevokedHostKeys'],
  ['asked', 'KnownHostsCommand'],
  ['bound', 'BindAddress'],
  ['certified', 'CertificateFile'],
])('what only the OpenSSH client can do is for it: %s', async (name, why) => {
  const settings = await readSettings(name, { sshConfig })
  expect(settings.onlyOpenssh).toContain(why)
})

test('a key with a certificate beside it, or on a FIDO token, is for the OpenSSH client', async () => {
  const key = join(base.dir, 'key')
  const look = async () => (await readSettings('plain', { sshConfig, key })).onlyOpenssh
  await writeFile(key, 'private\n', { mode: 0o600 })
  await writeFile(`${key}.pub`, 'ssh-ed25519 AAAA plain\n')
  expect(await look()).toBeUndefined()
  await writeFile(`${key}.pub`, 'sk-ssh-ed25519@openssh.com AAAA token\n')
  expect(await look()).toBe(`its key is on a FIDO token (${key})`)
  await writeFile(`${key}-cert.pub`, 'ssh-ed25519-cert-v01@openssh.com AAAA\n')
  expect(await look()).toBe(`its key has a certificate (${key}-cert.pub)`)
})

test('kinds of login and of addresses that are switched off stay off', async () => {
  const settings = await readSettings('narrow', { sshConfig })
  expect(settings).toMatchObject({
    family: 6,
    forbids: ['publickey', 'keyboard-interactive'],
    asksNobody: true,
    hashKnownHosts: true,
    opensshMethods: ['hostbased'],
  })
  const wide = await readSettings('full', { sshConfig })
  expect(wide.forbids).toEqual([])
  expect(wide).not.toHaveProperty('asksNobody')
})

test('a configuration that ssh cannot read is told with what ssh said', async () => {
  const broken = join(base.dir, 'broken')
  await writeFile(broken, 'Host x\n  NoSuchOption yes\n')
  await expect(readSettings('x', { sshConfig: broken })).rejects.toMatchObject({
    problems: [{ code: 'NF6006', message: expect.stringMatching(/nosuchoption/i) }],
  })
  await expect(readSettings('x', { sshConfig: join(base.dir, 'none') })).rejects.toThrow('NF6006')
})

test('a configuration with more files than anybody has is read at once, and no name is taken for a version of IP', () => {
  const files = '~/.ssh/%r@%h '.repeat(20_000)
  const from = performance.now()
  const text = `addressfamily constructor\nuserknownhostsfile ${files}\n`
  const { settings } = parseSettings(text, 'h1', [])
  expect(settings.knownHostsFiles.length).toBeGreaterThan(19_999)
  expect(settings).not.toHaveProperty('family')
  expect(performance.now() - from).toBeLessThan(5000)
})
