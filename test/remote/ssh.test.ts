import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Connection } from '../../src/remote/host.ts'
import { fingerprint } from '../../src/remote/known-hosts.ts'
import { sshHost } from '../../src/remote/ssh.ts'
import { findProblem } from './bench.ts'
import {
  listen,
  makeDirectory,
  makeKey,
  makeSettings,
  startProxy,
  startServer,
  type Options,
} from './server.ts'

let base: Awaited<ReturnType<typeof makeDirectory>>
let hostKey: Awaited<ReturnType<typeof makeKey>>
let otherKey: typeof hostKey
let userKey: typeof hostKey
const closers: (() => unknown)[] = []

beforeAll(async () => {
  base = await makeDirectory()
  hostKey = await makeKey(base.dir, 'host')
  otherKey = await makeKey(base.dir, 'other')
  userKey = await makeKey(base.dir, 'user')
})

afterAll(async () => {
  for (const close of closers.toReversed()) await close()
  await base.remove()
})

async function serve(more: Partial<Options> = {}) {
  const server = await startServer({ hostKey: hostKey.file, accept: [userKey.blob], ...more })
  closers.push(server.close)
  return server
}

async function open(more: Partial<Options> = {}) {
  const server = await serve(more)
  const settings = await makeSettings(server.port, hostKey.public, userKey.file)
  const connection = await sshHost('h1', settings).connect()
  closers.push(() => connection.close())
  return { server, settings, connection }
}

const soon = { timeoutMs: 20_000 }

describe('a command', () => {
  let connection: Connection
  let server: Awaited<ReturnType<typeof serve>>
  beforeAll(async () => {
    const opened = await open()
    connection = opened.connection
    server = opened.server
  })

  test('ends with its exit code and both outputs apart', async () => {
    const exit = await connection.run('echo out; echo err >&2; exit 7', soon)
    expect(exit).toEqual({ kind: 'exited', code: 7, stdout: 'out\n', stderr: 'err\n' })
  })

  test('that a signal ended is killed, not exited', async () => {
    const exit = await connection.run('echo before; kill -9 $$', soon)
    expect(exit).toEqual({ kind: 'killed', signal: 'SIGKILL', stdout: 'before\n', stderr: '' })
  })

  test('that takes too long is lost, with what it said so far', async () => {
    const begin = performance.now()
    const exit = await connection.run('echo begun; sleep 5', { timeoutMs: 400 })
    expect(exit).toMatchObject({ kind: 'lost', why: 'no end within 0.4 s', stdout: 'begun\n' })
    expect(performance.now() - begin).toBeLessThan(2000)
  })

  test('that cannot be found is exit code 127', async () => {
    expect(await connection.run('no-such-command', soon)).toMatchObject({ code: 127 })
  })

  test('reads an empty standard input when none is given', async () => {
    expect(await connection.run('wc -c', soon)).toMatchObject({ code: 0, stdout: '0\n' })
  })

  test('gets 20 MB of standard input whole', async () => {
    const stdin = new Uint8Array(20 * 1024 * 1024).map((_, index) => index % 251)
    const exit = await connection.run('cksum', { stdin, timeoutMs: 20_000 })
    expect(exit).toMatchObject({ code: 0, stdout: expect.stringMatching(/ 20971520\n$/) })
  })

  test('that does not read its input ends all the same, and the next one runs', async () => {
    const stdin = Buffer.alloc(8 * 1024 * 1024, 'x')
    expect(await connection.run('exit 3', { ...soon, stdin })).toMatchObject({ code: 3 })
    expect(await connection.run('echo still here', soon)).toMatchObject({ stdout: 'still here\n' })
  })

  test('with more output than the limit ends, and the rest is cut at a whole character', async () => {
    const command = 'i=0; while [ $i -lt 2000 ]; do echo äöüäöüäöüäöü; i=$((i+1)); done'
    const exit = await connection.run(command, { ...soon, limitBytes: 1000 })
    expect(exit).toMatchObject({ kind: 'exited', code: 0 })
    expect(Buffer.byteLength(exit.stdout)).toBeLessThanOrEqual(1000)
    expect(Buffer.byteLength(exit.stdout)).toBeGreaterThan(990)
    expect(exit.stdout).not.toContain('\uFFFD')
  })

  test('shows its standard error as it comes, and a fault of the listener does not matter', async () => {
    const heard: string[] = []
    const exit = await connection.run('echo one >&2; sleep 0.2; echo two >&2', {
      ...soon,
      onStderr(text) {
        heard.push(text)
        throw new Error('of no concern')
      },
    })
    expect(exit).toMatchObject({ code: 0, stderr: 'one\ntwo\n' })
    expect(heard).toEqual(['one\n', 'two\n'])
  })

  test('reaches POSIX sh as it was written, with quotes, newlines and dollars', async () => {
    const exit = await connection.run(`x='a "b"'\nprintf '%s|' "$x" 'it'\\''s' $((1+1))`, soon)
    expect(exit.stdout).toBe(`a "b"|it's|2|`)
  })

  test('is not asked for its rights when the login is root', async () => {
    expect(server.seen.execs.some(each => each.includes('nicfix-rights'))).toBe(false)
  })
})

describe('many commands', () => {
  test('run four at a time', async () => {
    const { server, connection } = await open()
    const exits = await Promise.all(
      Array.from({ length: 10 }, () => connection.run('sleep 0.1', soon)),
    )
    expect(exits.every(exit => exit.kind === 'exited')).toBe(true)
    expect(server.seen.most).toBeLessThanOrEqual(4)
  })

  test('wait for a session when the host has none free', async () => {
    const { connection } = await open({ maxSessions: 1 })
    const exits = await Promise.all(
      [1, 2, 3].map(n => connection.run(`sleep 0.1; exit ${n}`, soon)),
    )
    expect(exits.map(exit => exit.kind === 'exited' && exit.code)).toEqual([1, 2, 3])
  })
})

describe('a link', () => {
  test('that freezes is noticed by keepalives, and every command is lost from then on', async () => {
    const server = await serve()
    const proxy = await startProxy(server.port)
    closers.push(() => proxy.close())
    const settings = await makeSettings(proxy.port, hostKey.public, userKey.file)
    const connection = await sshHost('h1', settings, { keepaliveMs: 150 }).connect()
    const running = connection.run('echo begun; sleep 20', { timeoutMs: 60_000 })
    await connection.run('true', soon)
    proxy.freeze()
    const begin = performance.now()
    expect(await running).toMatchObject({
      kind: 'lost',
      why: 'Keepalive timeout',
      stdout: 'begun\n',
    })
    expect(performance.now() - begin).toBeLessThan(2000)
    const again = performance.now()
    expect(await connection.run('true', soon)).toMatchObject({ kind: 'lost' })
    expect(performance.now() - again).toBeLessThan(50)
    await connection.close()
  })

  test('that the host closes loses the running command at once', async () => {
    const { server, connection } = await open()
    const running = connection.run('echo begun; sleep 20', soon)
    await connection.run('true', soon)
    server.dropAll()
    expect(await running).toMatchObject({ kind: 'lost', stdout: 'begun\n' })
    expect(await connection.run('true', soon)).toMatchObject({ kind: 'lost' })
  })

  test('that was closed here runs nothing more, and may be closed twice', async () => {
    const { connection } = await open()
    await connection.close()
    await connection.close()
    expect(await connection.run('true', soon)).toMatchObject({
      kind: 'lost',
      why: 'nicfix closed the connection',
    })
  })

  test('loses a command whose channel ends without an exit status', async () => {
    const { connection } = await open({ onExec: (_command, channel) => void channel.end() })
    expect(await connection.run('true', soon)).toMatchObject({
      kind: 'lost',
      why: 'the channel was closed without an exit status',
    })
  })

  test('says which host key was verified and how it goes', async () => {
    const { connection, settings } = await open()
    expect(connection.hostKey).toBe(fingerprint(hostKey.blob))
    expect(connection.via).toBe(`ssh root@127.0.0.1:${settings.port}`)
  })

  test('goes through a jump host, whose key is verified too', async () => {
    const [jump, target] = [await serve(), await serve()]
    const end = await makeSettings(target.port, hostKey.public, userKey.file)
    const hop = await makeSettings(jump.port, hostKey.public, userKey.file)
    const connection = await sshHost('h1', {
      ...end,
      jumps: [{ name: 'j', settings: hop }],
    }).connect()
    expect(await connection.run('echo through', soon)).toMatchObject({ stdout: 'through\n' })
    await connection.close()
    expect(jump.seen).toMatchObject({ connections: 1, execs: [] })
    const wrong = await makeSettings(jump.port, otherKey.public, userKey.file)
    const trouble = await findProblem(
      sshHost('h1', { ...end, jumps: [{ name: 'j', settings: wrong }] }).connect(),
    )
    expect(trouble).toMatchObject({ code: 'NF6002', host: 'h1' })
    expect(trouble.message).toContain('j (on the way to h1)')
  })
})

describe('a host key', () => {
  test('that nobody knows is refused with its fingerprint and what to type', async () => {
    const { port } = await serve()
    const settings = await makeSettings(port, undefined, userKey.file, { strictness: 'accept-new' })
    const problem = await findProblem(sshHost('h1', settings).connect())
    expect(problem).toMatchObject({ code: 'NF6001', host: 'h1', exitCode: 4 })
    expect(problem.details.join('\n')).toContain(fingerprint(hostKey.blob))
    expect(problem.details.join('\n')).toContain('StrictHostKeyChecking is accept-new')
    expect(problem.details.join('\n')).toContain(`ssh-keyscan -t ed25519 -p ${port} 127.0.0.1`)
    expect(problem.next).toContain(`ssh -p ${port} root@127.0.0.1`)
  })

  test('that changed is refused with file, line and both fingerprints', async () => {
    const { port, seen } = await serve()
    const settings = await makeSettings(port, otherKey.public, userKey.file)
    const problem = await findProblem(sshHost('h1', settings).connect())
    expect(problem.code).toBe('NF6002')
    expect(problem.message).toContain(`${settings.knownHostsFiles[0]}:1`)
    expect(problem.details.join('\n')).toContain(fingerprint(hostKey.blob))
    expect(problem.details.join('\n')).toContain(fingerprint(otherKey.blob))
    expect(seen.execs).toEqual([])
  })
})

describe('a login', () => {
  test('that is refused names the methods of the host and the keys that were tried', async () => {
    const { port } = await serve()
    const settings = await makeSettings(port, hostKey.public, otherKey.file)
    const problem = await findProblem(sshHost('h1', settings).connect())
    expect(problem).toMatchObject({ code: 'NF6004', host: 'h1' })
    expect(problem.details.join('\n')).toContain('publickey, password')
    expect(problem.details.join('\n')).toContain(fingerprint(otherKey.blob))
  })

  test('with an encrypted key and no agent says so', async () => {
    const { port } = await serve()
    const locked = await makeKey(base.dir, 'locked', 'ed25519', 'secret phrase')
    const settings = await makeSettings(port, hostKey.public, locked.file)
    const problem = await findProblem(sshHost('h1', settings).connect())
    expect(problem.code).toBe('NF6004')
    expect(problem.details.join('\n')).toContain('is encrypted; load it into an agent')
  })

  test('with an agent that is gone goes on to the key file', async () => {
    const { port } = await serve()
    const settings = await makeSettings(port, hostKey.public, userKey.file, {
      agent: `${base.dir}/no-agent`,
    })
    const connection = await sshHost('h1', settings).connect()
    expect(await connection.run('true', soon)).toMatchObject({ code: 0 })
    await connection.close()
  })

  test('uses the agent for a key whose file is encrypted', async () => {
    const sealed = await makeKey(base.dir, 'sealed', 'ed25519', 'secret phrase')
    const agent = join(base.dir, 'agent')
    const program = execa('ssh-agent', ['-D', '-a', agent], { reject: false })
    closers.push(() => program.kill())
    await once(program.stdout, 'data')
    const askpass = join(base.dir, 'askpass')
    await writeFile(askpass, '#!/bin/sh\necho secret phrase\n', { mode: 0o700 })
    const env = { SSH_AUTH_SOCK: agent, SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: 'force' }
    await execa('ssh-add', [otherKey.file], { env })
    await execa('ssh-add', [sealed.file], { env })
    const { port } = await serve({ accept: [sealed.blob] })
    const settings = await makeSettings(port, hostKey.public, sealed.file, { agent })
    const connection = await sshHost('h1', settings).connect()
    await connection.close()
    const refused = await serve()
    const elsewhere = await makeSettings(refused.port, hostKey.public, sealed.file, { agent })
    const { details } = await findProblem(sshHost('h1', elsewhere).connect())
    expect(details.join('\n')).toContain(
      `tried ssh-ed25519 ${fingerprint(sealed.blob)} of the agent`,
    )
    // IdentitiesOnly: the other key of the agent is none of this host's business.
    expect(details.join('\n')).not.toContain(fingerprint(otherKey.blob))
  })

  test.each(['ed25519', 'rsa', 'ecdsa'])('with a key file of type %s is accepted', async type => {
    const key = await makeKey(base.dir, `user-${type}`, type)
    const { port } = await serve({ accept: [key.blob] })
    const settings = await makeSettings(port, hostKey.public, key.file)
    const connection = await sshHost('h1', settings).connect()
    expect(connection.hostKey).toBe(fingerprint(hostKey.blob))
    await connection.close()
  })
})

describe('a host that is not reached', () => {
  const give = { timeoutMs: 600 }

  test('because its port is open and silent is told after the timeout', async () => {
    const silent = createServer(() => undefined)
    const port = await listen(silent)
    closers.push(() => silent.close())
    const settings = await makeSettings(port, hostKey.public, userKey.file)
    const begin = performance.now()
    const problem = await findProblem(sshHost('h1', settings).connect(give))
    expect(problem).toMatchObject({ code: 'NF6003', host: 'h1' })
    expect(problem.message).toContain('no SSH server answers within 0.6 s')
    expect(performance.now() - begin).toBeLessThan(1500)
  })

  test('because its port closes at once is told at once', async () => {
    const rude = createServer(socket => void socket.destroy())
    const port = await listen(rude)
    closers.push(() => rude.close())
    const settings = await makeSettings(port, hostKey.public, userKey.file)
    const begin = performance.now()
    const problem = await findProblem(sshHost('h1', settings).connect({ timeoutMs: 10_000 }))
    expect(problem.code).toBe('NF6003')
    expect(performance.now() - begin).toBeLessThan(2000)
  })

  test('because nothing listens is refused', async () => {
    const settings = await makeSettings(1, hostKey.public, userKey.file)
    const problem = await findProblem(sshHost('h1', settings).connect(give))
    expect(problem.message).toBe('h1 cannot be reached: the connection was refused.')
  })

  test('because its name does not resolve says that', async () => {
    const address = 'no-such-host.invalid'
    const settings = await makeSettings(22, hostKey.public, userKey.file, { address })
    const problem = await findProblem(sshHost('h1', settings).connect({ timeoutMs: 10_000 }))
    expect(problem).toMatchObject({ code: 'NF6003' })
    expect(problem.message).toMatch(/does not resolve|name server does not answer/)
  })

  test('because ssh2 was named for what it cannot do says that', async () => {
    const onlyOpenssh = 'its ssh configuration has ProxyCommand (nc %h %p)'
    const more = { onlyOpenssh, transport: 'ssh2' } as const
    const settings = await makeSettings(22, hostKey.public, userKey.file, more)
    const problem = await findProblem(sshHost('h1', settings).connect())
    expect(problem).toMatchObject({ code: 'NF6003' })
    expect(problem.message).toContain('ProxyCommand (nc %h %p), which ssh2 cannot do')
    expect(problem.next).toContain('Leave --transport ssh2 away')
  })
})
