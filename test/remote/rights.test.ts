import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { localHost } from '../../src/remote/local.ts'
import { sshHost } from '../../src/remote/ssh.ts'
import { readRights } from '../../src/remote/sudo.ts'
import { makeDirectory, makeKey, makeSettings, startServer } from './server.ts'

let base: Awaited<ReturnType<typeof makeDirectory>>
let hostKey: Awaited<ReturnType<typeof makeKey>>
let userKey: typeof hostKey

beforeAll(async () => {
  base = await makeDirectory()
  hostKey = await makeKey(base.dir, 'host')
  userKey = await makeKey(base.dir, 'user')
})

afterAll(() => base.remove())

/** A host whose `id` and `sudo` are what the test says; `sudo` here is a script, not the real one. */
async function reach(name: string, uid: string, sudo: string) {
  const bin = join(base.dir, name)
  await mkdir(bin)
  await writeFile(join(bin, 'id'), `#!/bin/sh\necho \${FAKE_UID:-${uid}}\n`)
  await writeFile(join(bin, 'sudo'), `#!/bin/sh\n${sudo}\n`)
  await chmod(join(bin, 'id'), 0o755)
  await chmod(join(bin, 'sudo'), 0o755)
  const env = { PATH: `${bin}:${process.env['PATH']}` }
  const server = await startServer({ hostKey: hostKey.file, accept: [userKey.blob], env })
  const user = 'deploy'
  const settings = await makeSettings(server.port, hostKey.public, userKey.file, { user })
  return { server, host: sshHost(name, settings) }
}

const working = `[ "$1 $2" = '-n --' ] || exit 9; shift 2; FAKE_UID=0 AS_ROOT=yes exec "$@"`

describe('a login that is not root', () => {
  test('runs each command through sudo, after one round trip to find out', async () => {
    const { server, host } = await reach('with-sudo', '1000', working)
    const connection = await host.connect()
    expect(server.seen.execs).toHaveLength(1)
    const exit = await connection.run(`printf '%s' "$AS_ROOT it's" && cat`, {
      stdin: ' and input',
      timeoutMs: 10_000,
    })
    expect(exit).toMatchObject({ kind: 'exited', code: 0, stdout: "yes it's and input" })
    expect(server.seen.execs).toHaveLength(2)
    await connection.close()
    server.close()
  })

  test('but has uid 0 needs no sudo', async () => {
    const { server, host } = await reach('toor', '0', 'exit 1')
    const connection = await host.connect()
    expect(await connection.run('echo ok', { timeoutMs: 10_000 })).toMatchObject({ stdout: 'ok\n' })
    await connection.close()
    server.close()
  })

  test('and may not use sudo without a password is refused with the line for sudoers', async () => {
    const refusal = 'echo "sudo: a password is required" >&2; exit 1'
    const { server, host } = await reach('no-rights', '1000', refusal)
    await expect(host.connect()).rejects.toMatchObject({
      problems: [
        {
          code: 'NF6005',
          host: 'no-rights',
          details: ['sudo: a password is required'],
          next: expect.stringContaining('deploy ALL=(root) NOPASSWD: ALL'),
        },
      ],
    })
    server.close()
  })
})

test('what a talkative login shell prints around the answer does not matter', () => {
  expect(readRights('Welcome!\nnicfix-rights=sudo\nbye\n')).toBe('sudo')
  expect(readRights('not nicfix-rights=root')).toBeUndefined()
})

describe('this machine', () => {
  const soon = { timeoutMs: 10_000 }

  test('ends commands in the same three ways as a host far away', async () => {
    const connection = await localHost().connect()
    expect(connection).toMatchObject({ hostKey: 'local', via: 'local' })
    const exit = await connection.run('echo out; echo err >&2; exit 7', soon)
    expect(exit).toEqual({ kind: 'exited', code: 7, stdout: 'out\n', stderr: 'err\n' })
    const killed = await connection.run('echo before; kill -9 $$', soon)
    expect(killed).toEqual({ kind: 'killed', signal: 'SIGKILL', stdout: 'before\n', stderr: '' })
    const lost = await connection.run('echo begun; sleep 2', { timeoutMs: 200 })
    expect(lost).toMatchObject({ kind: 'lost', stdout: 'begun\n' })
    await connection.close()
    expect(await connection.run('true', soon)).toMatchObject({ kind: 'lost' })
  })

  test('gives standard input whole and keeps output within the limit', async () => {
    const connection = await localHost().connect()
    const stdin = Buffer.alloc(8 * 1024 * 1024, 'x')
    const whole = await connection.run('wc -c', { ...soon, stdin })
    expect(whole).toMatchObject({ code: 0, stdout: '8388608\n' })
    expect(await connection.run('exit 3', { ...soon, stdin })).toMatchObject({ code: 3 })
    const cut = await connection.run('head -c 100000 /dev/zero', { ...soon, limitBytes: 10 })
    expect(cut).toMatchObject({ code: 0, stdout: '\0'.repeat(10) })
    await connection.close()
  })
})
