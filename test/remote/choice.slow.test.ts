import { once } from 'node:events'
import { readdirSync, statSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { readSettings } from '../../src/remote/config.ts'
import { fingerprint } from '../../src/remote/known-hosts.ts'
import { sshHost } from '../../src/remote/ssh.ts'
import { findProblem, makeBench, sayIn, type Bench, type Key } from './bench.ts'
import { makeKey } from './server.ts'
import { me } from './sshd.ts'

let bench: Bench

beforeAll(async () => {
  bench = await makeBench()
})

afterAll(() => bench.close())

const identity = (key: Key) => `IdentityFile ${key.file}`

async function certify(key: Key, options: readonly string[], authority: Key): Promise<string> {
  await execa('ssh-keygen', [
    '-q',
    '-s',
    authority.file,
    '-I',
    'test',
    ...options,
    `${key.file}.pub`,
  ])
  return `${key.file}-cert.pub`
}

async function serveCertified(options: readonly string[], name: string) {
  const [authority, key] = [
    await makeKey(bench.dir, `hostca.${name}`),
    await makeKey(bench.dir, `certhost.${name}`),
  ]
  const made = `${key.file}-cert.pub`
  const sign = ['-q', '-h', '-s', authority.file, '-I', 'host', ...options, `${key.file}.pub`]
  await execa('ssh-keygen', sign)
  const server = await bench.serve({ hostKeys: [key.file], config: [`HostCertificate ${made}`] })
  return { authority, key, port: server.port, readLog: server.readLog }
}
const byAuthority = (authority: Key) => `@cert-authority [127.0.0.1]:PORT ${authority.public}\n`

describe('the OpenSSH client is chosen by itself', () => {
  test('where the key has a certificate beside it', async () => {
    const [authority, key] = [await makeKey(bench.dir, 'ca'), await makeKey(bench.dir, 'certified')]
    await certify(key, ['-n', me], authority)
    const authorized = [`cert-authority ${authority.public}`]
    const { port, readLog } = await bench.serve({ authorized })
    const { remote } = await bench.reach(port, [identity(key)])
    expect(await sayIn(remote.connect())).toBe('in\n')
    expect(await readLog()).toContain('ED25519-CERT')
  })

  test('where CertificateFile names one', async () => {
    const [authority, key] = [
      await makeKey(bench.dir, 'ca2'),
      await makeKey(bench.dir, 'certified2'),
    ]
    const made = await certify(key, ['-n', me], authority)
    const certificate = join(bench.dir, 'elsewhere.pub')
    await execa('mv', [made, certificate])
    const { port } = await bench.serve({ authorized: [`cert-authority ${authority.public}`] })
    const { remote } = await bench.reach(port, [identity(key), `CertificateFile ${certificate}`])
    expect(await sayIn(remote.connect())).toBe('in\n')
  })

  test('where an agent holds a certificate that the host wants, after ssh2 has failed', async () => {
    const [authority, key] = [
      await makeKey(bench.dir, 'ca3'),
      await makeKey(bench.dir, 'certified3'),
    ]
    await certify(key, ['-n', me], authority)
    const socket = join(bench.dir, 'agent')
    const program = execa('ssh-agent', ['-D', '-a', socket], { reject: false })
    bench.atEnd(() => program.kill())
    await once(program.stdout, 'data')
    await execa('ssh-add', ['-q', key.file], { env: { SSH_AUTH_SOCK: socket } })
    await execa('rm', [key.file, `${key.file}-cert.pub`])
    const { port, readLog } = await bench.serve({
      authorized: [`cert-authority ${authority.public}`],
    })
    const { settings } = await bench.reach(port, [])
    const remote = sshHost('h1', {
      ...settings,
      agent: socket,
      identitiesOnly: false,
      login: settings.login.toSpliced(
        -1,
        0,
        '-o',
        `IdentityAgent=${socket}`,
        '-o',
        'IdentitiesOnly=no',
      ),
    })
    const knocks = async () => (await readLog()).match(/Connection from/g)?.length ?? 0
    const before = await knocks()
    expect(await sayIn(remote.connect())).toBe('in\n')
    expect(await sayIn(remote.connect())).toBe('in\n')
    const log = await readLog()
    expect(log.match(/Accepted publickey.*ED25519-CERT/g)).toHaveLength(2)
    // The second connection did not try ssh2 first: it knew.
    expect((await knocks()) - before).toBe(3)
  })

  test('where there is a ProxyCommand', async () => {
    const { port } = await bench.serve()
    const command = `ProxyCommand ${await writeProxy()}`
    const { remote } = await bench.reach(port, [identity(bench.user), `${command} %h %p`])
    expect(await sayIn(remote.connect())).toBe('in\n')
    const broken = await bench.reach(port, [identity(bench.user), command])
    const problem = await findProblem(broken.remote.connect())
    expect(problem).toMatchObject({ code: 'NF6003', host: 'h1' })
    expect(problem.details.join('\n')).toContain('Error: no host')
  })

  test('where RevokedHostKeys names a list, and the list counts', async () => {
    const { port } = await bench.serve()
    const list = join(bench.dir, 'revoked')
    await writeFile(list, '')
    const lines = [identity(bench.user), `RevokedHostKeys ${list}`]
    expect(await sayIn((await bench.reach(port, lines)).remote.connect())).toBe('in\n')
    await writeFile(list, `${bench.host.public}\n`)
    const problem = await findProblem((await bench.reach(port, lines)).remote.connect())
    expect(problem).toMatchObject({ code: 'NF6002', host: 'h1' })
    expect(problem.message).toContain(list)
  })

  test('where a host on the way has a ProxyCommand', async () => {
    const [jump, end] = [await bench.serve(), await bench.serve()]
    const { settings, sshConfig } = await bench.reach(end.port, [identity(bench.user)], {
      known: `[127.0.0.1]:* ${bench.host.public}\n`,
    })
    const proxy = await writeProxy()
    const command = `ProxyCommand ${proxy} 127.0.0.1 ${jump.port}`
    const file = settings.ownKnownHostsFile
    const known = ['HostName 127.0.0.1', `Port ${jump.port}`, `UserKnownHostsFile ${file}`]
    await writeFile(
      sshConfig,
      ['', 'Host door', command, ...known, identity(bench.user), `User ${me}`].join('\n'),
      { flag: 'a' },
    )
    const own = await readSettings('h1', { sshConfig, jump: 'door' })
    expect(await sayIn(sshHost('h1', own).connect())).toBe('in\n')
    for (const each of [jump, end]) expect(await each.readLog()).toContain('Accepted publickey')
    expect(own).not.toHaveProperty('onlyOpenssh')
  })

  test('where the host takes a ticket of Kerberos, after ssh2 has failed', async () => {
    const config = ['GSSAPIAuthentication yes']
    const { port, readLog } = await bench.serve({ authorized: [], config })
    const knock = async (more: readonly string[]) => {
      const { remote } = await bench.reach(port, [identity(bench.user), ...more])
      const before = (await readLog()).match(/Connection from/g)?.length ?? 0
      const problem = await findProblem(remote.connect())
      expect(problem).toMatchObject({ code: 'NF6004', host: 'h1' })
      expect(problem.details[0]).toContain('gssapi-with-mic')
      return ((await readLog()).match(/Connection from/g)?.length ?? 0) - before
    }
    // There is no Kerberos here: what is shown is that ssh was given the chance.
    expect(await knock(['GSSAPIAuthentication yes'])).toBe(2)
    expect(await knock(['GSSAPIAuthentication no'])).toBe(1)
  })

  test('and not where ssh2 will do', async () => {
    const { port } = await bench.serve()
    const { remote } = await bench.reach(port, [identity(bench.user)])
    const before = listPrivateFolders()
    const connection = await remote.connect()
    expect(listPrivateFolders()).toEqual(before)
    await connection.close()
  })
})

describe('the ssh program', () => {
  test('ends with nicfix, however nicfix ends', async () => {
    const { port, readLog } = await bench.serve()
    const { settings } = await bench.reach(port, [identity(bench.user)], { transport: 'openssh' })
    const script = join(bench.dir, 'hold.ts')
    const ssh = new URL('../../src/remote/ssh.ts', import.meta.url).pathname
    await writeFile(
      script,
      `import { sshHost } from ${JSON.stringify(ssh)}
await sshHost('h1', ${JSON.stringify(settings)}).connect()
console.log('connected')
setInterval(() => undefined, 1000)\n`,
    )
    const holder = execa(process.execPath, [script], { reject: false })
    await once(holder.stdout, 'data')
    expect(await readLog()).not.toContain('Closing connection')
    holder.kill('SIGKILL')
    await holder
    await vi.waitFor(async () => {
      expect(await readLog()).toMatch(/Received disconnect|Connection closed/)
    }, 10_000)
  })

  test('has a socket and logs that nobody else can reach', async () => {
    const { port } = await bench.serve()
    const before = listPrivateFolders()
    const { remote } = await bench.reach(port, [identity(bench.user)], { transport: 'openssh' })
    const connection = await remote.connect()
    const mine = listPrivateFolders().filter(name => !before.includes(name))
    const modes = mine.map(name => statSync(join(tmpdir(), name)).mode & 0o777)
    expect(modes.length).toBeGreaterThan(0)
    expect(modes.every(mode => mode === 0o700)).toBe(true)
    await connection.close()
  })
})

/** A program that connects to its two arguments, as words of a ProxyCommand. */
async function writeProxy(): Promise<string> {
  const file = join(bench.dir, 'proxy.mjs')
  await writeFile(
    file,
    `import { connect } from 'node:net'
const [, , host, port] = process.argv
if (host === undefined) throw new Error('no host')
const socket = connect(Number(port), host)
process.stdin.pipe(socket).pipe(process.stdout)\n`,
  )
  return `'${process.execPath}' ${file}`
}

const listPrivateFolders = () =>
  readdirSync(tmpdir()).filter(name => name.startsWith('nicfix-ssh-'))

describe('a certificate of the host', () => {
  test('is taken where its authority is known, and its key is the one that is told', async () => {
    const { authority, key, port } = await serveCertified(['-n', '127.0.0.1'], 'good')
    const { remote } = await bench.reach(port, [identity(bench.user)], {
      known: byAuthority(authority),
    })
    const connection = await remote.connect()
    expect(connection.hostKey).toBe(fingerprint(key.blob))
    await connection.close()
  })

  test.each([
    ['for another host', ['-n', 'other.example'], /not a listed principal|does not match|name/i],
    ['that has expired', ['-n', '127.0.0.1', '-V', '20200101:20200102'], /expired/i],
  ])('%s is refused, with the reason', async (title, options, reason) => {
    const name = title.replaceAll(' ', '-')
    const { authority, port, readLog } = await serveCertified(options, name)
    const { remote } = await bench.reach(port, [identity(bench.user)], {
      known: byAuthority(authority),
    })
    const problem = await findProblem(remote.connect())
    expect(problem).toMatchObject({ code: 'NF6001', host: 'h1' })
    expect(problem.details.join('\n')).toMatch(reason)
    expect(await readLog()).not.toContain('Accepted')
  })

  test('of an authority that is revoked is refused', async () => {
    const { authority, port } = await serveCertified(['-n', '127.0.0.1'], 'revoked')
    const known = `${byAuthority(authority)}@revoked * ${authority.public}\n`
    const { remote } = await bench.reach(port, [identity(bench.user)], { known })
    expect(await findProblem(remote.connect())).toMatchObject({ code: 'NF6002' })
  })

  test('of an authority that nobody knows does not help', async () => {
    const { port } = await serveCertified(['-n', '127.0.0.1'], 'unknown')
    const other = await makeKey(bench.dir, 'other-authority')
    const { remote } = await bench.reach(port, [identity(bench.user)], {
      known: byAuthority(other),
    })
    expect(await findProblem(remote.connect())).toMatchObject({ code: 'NF6001' })
  })
})
