import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { resolveHosts, type Lab } from '../../src/cli/hosts.ts'
import { Trouble } from '../../src/problems.ts'
import { makeDirectory, makeKey, startServer } from './server.ts'

let base: Awaited<ReturnType<typeof makeDirectory>>
let sshConfig: string
let lab: Lab
let server: Awaited<ReturnType<typeof startServer>>

beforeAll(async () => {
  base = await makeDirectory()
  sshConfig = join(base.dir, 'config')
  await writeFile(sshConfig, 'Host h2 web\n  HostName 192.0.2.7\n')
  const host = await makeKey(base.dir, 'host')
  const user = await makeKey(base.dir, 'user')
  server = await startServer({ hostKey: host.file, accept: [user.blob] })
  const knownHostsFile = join(base.dir, 'known')
  await writeFile(knownHostsFile, `[127.0.0.1]:${server.port} ${host.public}\n`)
  const place = { address: '127.0.0.1', port: server.port, user: 'root', keyFile: user.file }
  const vars = { 'i40e-upgrade': { source: '/lab/i40e.tar.gz' } }
  lab = {
    labHostNames: () => ['h1', 'h2', 'h3'],
    findLabHost: name =>
      ['h1', 'h2'].includes(name) ? { ...place, name, knownHostsFile, vars } : undefined,
  }
})

afterAll(async () => {
  server.close()
  await base.remove()
})

async function findProblems(names: string[]) {
  const error: unknown = await resolveHosts(names, { sshConfig }, lab).catch(
    (reason: unknown) => reason,
  )
  if (!(error instanceof Trouble)) throw new Error(`no Trouble but ${String(error)}`)
  return error.problems
}

test('a lab host is reached with nothing but its own key and known_hosts', async () => {
  const [host] = await resolveHosts(['h1'], { sshConfig }, lab)
  expect(host).toMatchObject({
    name: 'h1',
    lab: true,
    vars: { 'i40e-upgrade': { source: '/lab/i40e.tar.gz' } },
  })
  const connection = await host!.connect()
  expect(await connection.run('echo lab', { timeoutMs: 10_000 })).toMatchObject({ stdout: 'lab\n' })
  await connection.close()
})

test('localhost is this machine', async () => {
  const [host] = await resolveHosts(['localhost'], { sshConfig }, lab)
  expect(host).toMatchObject({ name: 'localhost', lab: false })
})

test('a host of the ssh configuration is no lab host', async () => {
  const [host] = await resolveHosts(['web'], { sshConfig }, lab)
  expect(host).toMatchObject({ name: 'web', lab: false, vars: {} })
})

test('a name given twice is one host, and the order stays', async () => {
  const hosts = await resolveHosts(['web', 'h1', 'web'], { sshConfig }, lab)
  expect(hosts.map(host => host.name)).toEqual(['web', 'h1'])
})

test('a lab name that is also somebody else in the ssh configuration is refused', async () => {
  const [problem] = await findProblems(['h2'])
  expect(problem).toMatchObject({ code: 'NF6006', host: 'h2', exitCode: 64 })
  expect(problem?.message).toContain('192.0.2.7')
})

test('a lab host that is not up says how to start it', async () => {
  const [problem] = await findProblems(['h3'])
  expect(problem).toMatchObject({ code: 'NF6006', next: 'Start it: nicfix lab up h3' })
})

test('no name at all is refused', async () => {
  expect((await findProblems([]))[0]).toMatchObject({ code: 'NF6006' })
})

test.each([
  '-oProxyCommand=x',
  'a b',
  'a;b',
  '$(x)',
  'a/b',
  '',
  '@h1',
  'me@',
  'me@-x',
  'h1:22',
  'ü',
  'a\nb',
])('the name %j does not reach ssh', async name => {
  expect((await findProblems([name]))[0]).toMatchObject({ code: 'NF6006' })
})

test('all wrong names are told at once', async () => {
  expect(await findProblems(['-x', 'web', 'a b'])).toHaveLength(2)
})

test.each(['fe80::1%eth0', '2001:db8::1', 'me@h9.example', 'my_host-1'])(
  'the name %j is taken',
  async name => {
    expect(await resolveHosts([name], { sshConfig }, lab)).toHaveLength(1)
  },
)
