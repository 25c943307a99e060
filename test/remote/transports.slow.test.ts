import { readdirSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readSettings } from '../../src/remote/config.ts'
import type { Connection } from '../../src/remote/host.ts'
import { fingerprint } from '../../src/remote/known-hosts.ts'
import type { Transport } from '../../src/remote/settings.ts'
import { sshHost, type SshExtra } from '../../src/remote/ssh.ts'
import { findProblem } from './bench.ts'
import { makeDirectory, makeKey, startProxy } from './server.ts'
import { me, startSshd, type SshdOptions } from './sshd.ts'

type Key = Awaited<ReturnType<typeof makeKey>>

let base: Awaited<ReturnType<typeof makeDirectory>>
let host: Key
let other: Key
let user: Key
const closers: (() => unknown)[] = []
const soon = { timeoutMs: 20_000 }

beforeAll(async () => {
  base = await makeDirectory()
  const names = ['host', 'other', 'user'] as const
  const [one, two, three] = await Promise.all(names.map(name => makeKey(base.dir, name)))
  host = one!
  other = two!
  user = three!
})

afterAll(async () => {
  for (const close of closers.toReversed()) await close()
  await base.remove()
})

/** A real OpenSSH server of this test. */
async function serve(more: Partial<SshdOptions> = {}) {
  const options = { hostKeys: [host.file], authorized: [user.public], ...more }
  const server = await startSshd(base.dir, options)
  closers.push(() => server.stop())
  return server
}

let configs = 0

/** A host of an ssh configuration with these lines, as a person would have written it. */
async function reach(
  transport: Transport | undefined,
  lines: readonly string[],
  extra: SshExtra = {},
) {
  const sshConfig = join(base.dir, `config.${configs++}`)
  const all = ['Host *', `User ${me}`, `IdentityFile ${user.file}`, 'IdentitiesOnly yes']
  const known = ['GlobalKnownHostsFile /dev/null', 'IdentityAgent none']
  await writeFile(sshConfig, [...lines, ...all, ...known].join('\n'))
  const settings = await readSettings('h1', { sshConfig, transport })
  return sshHost('h1', settings, extra)
}

/** Lines of the host itself, known by what is in a known_hosts file of its own. */
async function hostLines(port: number, known: string) {
  const file = join(base.dir, `known.${configs}.${port}`)
  await writeFile(file, known.replaceAll('PORT', String(port)))
  return ['Host h1', 'HostName 127.0.0.1', `Port ${port}`, `UserKnownHostsFile ${file}`]
}

const hop = (name: string, port: number) => [
  `Host ${name}`,
  'HostName 127.0.0.1',
  `Port ${port}`,
  // What must not help.
  'StrictHostKeyChecking no',
]

const trusting = () => `[127.0.0.1]:PORT ${host.public}\n`

async function open(transport: Transport, more: Partial<SshdOptions> = {}, extra: SshExtra = {}) {
  const server = await serve(more)
  const remote = await reach(transport, await hostLines(server.port, trusting()), extra)
  const connection = await remote.connect()
  closers.push(() => connection.close())
  return { server, remote, connection }
}

const leftovers = () => readdirSync(tmpdir()).filter(name => name.startsWith('nicfix-ssh-'))

describe.each(['ssh2', 'openssh'] as const)('by %s', transport => {
  const meet = async (port: number, known: string, more: readonly string[] = []) => {
    const remote = await reach(transport, [...(await hostLines(port, known)), ...more])
    return findProblem(remote.connect())
  }

  /** h1 is behind `second`, which is behind `first`; the keys are those that are known. */
  async function chain(known: { first: Key; second: Key; end: Key }) {
    const [first, second, end] = [await serve(), await serve(), await serve()]
    const file = join(base.dir, `known.chain.${configs}`)
    const line = (port: number, key: Key) => `[127.0.0.1]:${port} ${key.public}\n`
    await writeFile(
      file,
      line(first.port, known.first) + line(second.port, known.second) + line(end.port, known.end),
    )
    const lines = [
      ...hop('h1', end.port),
      'ProxyJump first,second',
      ...hop('first', first.port),
      ...hop('second', second.port),
      'Host *',
      `UserKnownHostsFile "${file}"`,
    ]
    return { remote: await reach(transport, lines), first, second, end }
  }

  describe('a command', () => {
    let connection: Connection
    beforeAll(async () => {
      connection = (await open(transport)).connection
    })

    test('ends with its exit code and both outputs apart', async () => {
      const exit = await connection.run('echo out; echo err >&2; exit 7', soon)
      expect(exit).toEqual({ kind: 'exited', code: 7, stdout: 'out\n', stderr: 'err\n' })
    })

    test('that a signal ended is killed, with nothing of the shell in its output', async () => {
      const exit = await connection.run('echo before; kill -9 $$', soon)
      const killed = { kind: 'killed', stdout: 'before\n', stderr: '' }
      expect(exit).toEqual({ ...killed, signal: 'SIGKILL' })
    })

    test('with the exit code that ssh itself uses is exited', async () => {
      expect(await connection.run('exit 255', soon)).toMatchObject({ kind: 'exited', code: 255 })
    })

    test('that takes too long is lost, with what it said so far', async () => {
      const exit = await connection.run('echo begun; sleep 5', { timeoutMs: 1000 })
      expect(exit).toMatchObject({ kind: 'lost', why: 'no end within 1 s', stdout: 'begun\n' })
      expect(await connection.run('echo next', soon)).toMatchObject({ stdout: 'next\n' })
    })

    test('reads nothing when no input is given', async () => {
      expect(await connection.run('wc -c', soon)).toMatchObject({ code: 0, stdout: '0\n' })
    })

    test('gets 8 MB of any bytes whole, and need not read them', async () => {
      const stdin = new Uint8Array(8 * 1024 * 1024).map((_, index) => index % 251)
      const read = await connection.run('cksum', { ...soon, stdin })
      expect(read).toMatchObject({ code: 0, stdout: expect.stringMatching(/ 8388608\n$/) })
      expect(await connection.run('exit 3', { ...soon, stdin })).toMatchObject({ code: 3 })
    })

    test('reaches POSIX sh as it was written', async () => {
      const exit = await connection.run(`x='a "b"'\nprintf '%s|' "$x" 'it'\\''s' $((1+1)) %h`, soon)
      expect(exit.stdout).toBe(`a "b"|it's|2|%h|`)
    })

    test('may leave something running that has its own output', async () => {
      const begin = performance.now()
      const exit = await connection.run('sleep 8 >/dev/null 2>&1 </dev/null & echo up', soon)
      expect(exit).toMatchObject({ code: 0, stdout: 'up\n' })
      expect(performance.now() - begin).toBeLessThan(4000)
    })

    test('shows its standard error as it comes', async () => {
      const heard: string[] = []
      const onStderr = (text: string) => void heard.push(text)
      const exit = await connection.run('echo one >&2; sleep 0.5; echo two >&2', {
        ...soon,
        onStderr,
      })
      expect(exit).toMatchObject({ stderr: 'one\ntwo\n' })
      expect(heard).toEqual(['one\n', 'two\n'])
    })

    test('keeps no more output than the limit', async () => {
      const exit = await connection.run('head -c 100000 /dev/zero; exit 4', {
        ...soon,
        limitBytes: 10,
      })
      expect(exit).toMatchObject({ kind: 'exited', code: 4, stdout: '\0'.repeat(10) })
    })

    test('is one of many at a time', async () => {
      const all = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
      const exits = await Promise.all(all.map(code => connection.run(`exit ${code}`, soon)))
      expect(exits.map(exit => exit.kind === 'exited' && exit.code)).toEqual(all)
    })
  })

  test('commands wait for a session when the host has but few', async () => {
    const { connection } = await open(transport, { config: ['MaxSessions 2'] })
    const exits = await Promise.all(
      [1, 2, 3].map(code => connection.run(`sleep 0.2; exit ${code}`, soon)),
    )
    expect(exits.map(exit => exit.kind === 'exited' && exit.code)).toEqual([1, 2, 3])
  })

  test('each connection is a login of its own, and leaves nothing behind', async () => {
    const before = leftovers()
    const { server, remote, connection } = await open(transport)
    const second = await remote.connect()
    await connection.close()
    expect(await second.run('echo two', soon)).toMatchObject({ stdout: 'two\n' })
    await second.close()
    expect((await server.readLog()).match(/Accepted publickey/g)).toHaveLength(2)
    expect(leftovers().filter(name => !before.includes(name))).toEqual([])
    expect(await connection.run('true', soon)).toMatchObject({
      kind: 'lost',
      why: 'nicfix closed the connection',
    })
  })

  test('a host says which of its keys was verified', async () => {
    const { connection } = await open(transport)
    expect(connection.hostKey).toBe(fingerprint(host.blob))
  })

  test('a connection that the host ends loses its commands, and lives no more', async () => {
    const { server, connection } = await open(transport)
    const begun = Promise.withResolvers<void>()
    const onStderr = () => begun.resolve()
    const running = connection.run('echo begun >&2; sleep 20', { ...soon, onStderr })
    await begun.promise
    await server.dropAll()
    expect(await running).toMatchObject({ kind: 'lost', stderr: 'begun\n' })
    await sleep(300)
    expect(await connection.run('true', soon)).toMatchObject({ kind: 'lost' })
  })

  test('a link that freezes is given up after the third silence', async () => {
    const server = await serve()
    const proxy = await startProxy(server.port)
    closers.push(() => proxy.close())
    const remote = await reach(transport, await hostLines(proxy.port, trusting()), {
      keepaliveMs: 1000,
    })
    const connection = await remote.connect()
    const begun = Promise.withResolvers<void>()
    const onStderr = () => begun.resolve()
    const running = connection.run('echo begun >&2; sleep 60', { timeoutMs: 60_000, onStderr })
    await begun.promise
    proxy.freeze()
    const begin = performance.now()
    expect(await running).toMatchObject({ kind: 'lost', stderr: 'begun\n' })
    expect(performance.now() - begin).toBeLessThan(12_000)
    await connection.close()
  })

  describe('a host key', () => {
    test.each(['accept-new', 'no', 'ask'])(
      'that nobody knows is refused, with StrictHostKeyChecking %s too',
      async strictness => {
        const { port, readLog } = await serve()
        const more = [`StrictHostKeyChecking ${strictness}`, 'NoHostAuthenticationForLocalhost yes']
        const problem = await meet(port, '', more)
        expect(problem).toMatchObject({ code: 'NF6001', host: 'h1', exitCode: 4 })
        expect(problem.details.join('\n')).toContain(`ssh-ed25519 ${fingerprint(host.blob)}`)
        expect(problem.next).toContain('nicfix hosts trust --host h1')
        expect(await readLog()).not.toContain('Accepted')
      },
    )

    test('that changed is refused with its line and both fingerprints', async () => {
      const { port, readLog } = await serve()
      const known = `# a comment\n[127.0.0.1]:PORT ${other.public}\n`
      const problem = await meet(port, known)
      expect(problem).toMatchObject({ code: 'NF6002', exitCode: 4 })
      expect(problem.message).toMatch(/known\.\d+\.\d+:2/)
      expect(problem.details.join('\n')).toContain(fingerprint(host.blob))
      expect(problem.details.join('\n')).toContain(fingerprint(other.blob))
      expect(await readLog()).not.toContain('Accepted')
    })

    test('that is revoked is refused, although it is listed too', async () => {
      const { port } = await serve()
      const problem = await meet(port, `${trusting()}@revoked * ${host.public}\n`)
      expect(problem.code).toBe('NF6002')
      expect(problem.message).toMatch(/is revoked by .*known\.\d+\.\d+:2/)
    })
  })

  describe('jump hosts', () => {
    test('are gone through, each verified', async () => {
      const { remote, first, second, end } = await chain({ first: host, second: host, end: host })
      const connection = await remote.connect()
      expect(await connection.run('echo through', soon)).toMatchObject({ stdout: 'through\n' })
      await connection.close()
      for (const each of [first, second, end]) expect(await each.readLog()).toContain('Accepted')
    })

    test.each(['first', 'second', 'end'] as const)(
      'stop the connection where the key of the %s one is another',
      async wrong => {
        const keys = { first: host, second: host, end: host, [wrong]: other }
        const made = await chain(keys)
        const problem = await findProblem(made.remote.connect())
        expect(problem).toMatchObject({ code: 'NF6002', host: 'h1' })
        const name = wrong === 'end' ? 'of h1 is' : `${wrong} (on the way to h1)`
        expect(problem.message).toContain(name)
        expect(await made[wrong].readLog()).not.toContain('Accepted')
      },
    )

    test('say what keeps them from going on', async () => {
      const { remote, end } = await chain({ first: host, second: host, end: host })
      await end.stop()
      const problem = await findProblem(remote.connect())
      expect(problem).toMatchObject({ code: 'NF6003', host: 'h1' })
      expect(problem.message).toMatch(/jump host says: .*(refused|failed)/i)
    })
  })

  describe('a login', () => {
    test('that is refused names the methods of the host and the keys that were tried', async () => {
      const { port } = await serve({ authorized: [] })
      const remote = await reach(transport, await hostLines(port, trusting()))
      const problem = await findProblem(remote.connect())
      expect(problem).toMatchObject({ code: 'NF6004', host: 'h1', exitCode: 4 })
      expect(problem.details.join('\n')).toContain('the host takes: publickey')
      expect(problem.details.join('\n')).toContain(`tried`)
      expect(problem.details.join('\n')).toContain(fingerprint(user.blob))
    })
  })

  describe('a host that is not reached', () => {
    test('because nothing listens is told so', async () => {
      const remote = await reach(transport, await hostLines(1, ''))
      const problem = await findProblem(remote.connect(soon))
      expect(problem.message).toBe('h1 cannot be reached: the connection was refused.')
    })

    test('because its name does not resolve is told so', async () => {
      const remote = await reach(transport, ['Host h1', 'HostName no-such-host.invalid'])
      const problem = await findProblem(remote.connect(soon))
      expect(problem.code).toBe('NF6003')
      expect(problem.message).toMatch(/does not resolve|name server does not answer/)
    })

    test('because its port is silent is told after the timeout', async () => {
      const server = await serve()
      const proxy = await startProxy(server.port)
      closers.push(() => proxy.close())
      proxy.freeze()
      const remote = await reach(transport, await hostLines(proxy.port, trusting()))
      const begin = performance.now()
      const problem = await findProblem(remote.connect({ timeoutMs: 1500 }))
      expect(problem.code).toBe('NF6003')
      expect(performance.now() - begin).toBeLessThan(4500)
    })
  })
})
