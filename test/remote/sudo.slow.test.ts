import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readSettings } from '../../src/remote/config.ts'
import { makeSecrets } from '../../src/remote/secrets.ts'
import type { Transport } from '../../src/remote/settings.ts'
import { sshHost } from '../../src/remote/ssh.ts'
import { afterMark, asRootWith, readComplaint } from '../../src/remote/sudo.ts'
import { findProblem } from './bench.ts'
import { makePerson, whyNoPeople } from './people.ts'
import { makeDirectory, makeKey } from './server.ts'
import { startSshd } from './sshd.ts'

const soon = { timeoutMs: 20_000 }

const hasSudoRs = await execa('sudo-rs', ['--version'], { reject: false }).then(
  ({ exitCode }) => exitCode === 0,
)

describe.skipIf(whyNoPeople !== undefined)('sudo of this machine (needs root)', () => {
  let base: Awaited<ReturnType<typeof makeDirectory>>
  let key: Awaited<ReturnType<typeof makeKey>>
  let server: Awaited<ReturnType<typeof startSshd>>
  const closers: (() => unknown)[] = []

  beforeAll(async () => {
    base = await makeDirectory()
    const hostKey = await makeKey(base.dir, 'host')
    key = await makeKey(base.dir, 'user')
    server = await startSshd(base.dir, { hostKeys: [hostKey.file], authorized: [key.public] })
    await writeFile(join(base.dir, 'known'), `[127.0.0.1]:${server.port} ${hostKey.public}\n`)
  })

  afterAll(async () => {
    for (const close of closers.toReversed()) await close()
    await server.stop()
    await base.remove()
  })

  async function meet(rules: readonly string[]) {
    const person = await makePerson(rules)
    closers.push(() => person.remove())
    return person
  }

  type Answers = { password?: string | undefined; transport?: Transport }

  /** The host as this user; `asked` are the questions that were put. */
  async function reach(user: string, { password, transport }: Answers, port = server.port) {
    const sshConfig = join(base.dir, `config.${user}.${port}`)
    const known = `UserKnownHostsFile ${base.dir}/known`
    const way = [`Port ${port}`, `User ${user}`, `IdentityFile ${key.file}`, 'IdentityAgent none']
    await writeFile(sshConfig, ['Host h1', 'HostName 127.0.0.1', known, ...way].join('\n'))
    const asked: string[] = []
    const ask = async (question: string) => {
      asked.push(question)
      return password
    }
    const secrets = makeSecrets(password === undefined ? undefined : { ask, tell: () => undefined })
    const settings = await readSettings('h1', { sshConfig, transport })
    return { host: sshHost('h1', settings, { secrets }), asked, settings }
  }

  test.each(['ssh2', 'openssh'] as const)(
    'that wants no password is asked for none, by %s',
    async transport => {
      const { name } = await meet(['USER ALL=(root) NOPASSWD: ALL'])
      const { host, asked } = await reach(name, { password: 'not needed', transport })
      const connection = await host.connect()
      const exit = await connection.run('id -u; cat', { ...soon, stdin: 'input' })
      expect(exit).toMatchObject({ kind: 'exited', code: 0, stdout: '0\ninput' })
      await connection.close()
      expect(asked).toEqual([])
    },
  )

  test.each(['ssh2', 'openssh'] as const)(
    'that wants a password gets it, asked for once, and nobody else sees it, by %s',
    async transport => {
      const { name, password } = await meet(['USER ALL=(root) ALL'])
      const { host, asked } = await reach(name, { password, transport })
      const [one, two] = [await host.connect(), await host.connect()]
      const look = `id -u; cat; echo err >&2
for each in /proc/[0-9]*; do tr '\\0' ' ' <"$each/cmdline"; tr '\\0' ' ' <"$each/environ"; done 2>/dev/null | grep -c -f ${base.dir}/wanted || true`
      await writeFile(join(base.dir, 'wanted'), `${password}\n`, { mode: 0o600 })
      const heard: string[] = []
      const exit = await one.run(look, {
        ...soon,
        stdin: 'first line\nrest',
        onStderr: text => void heard.push(text),
      })
      expect(exit).toMatchObject({ kind: 'exited', stdout: '0\nfirst line\nrest0\n' })
      expect(exit.stderr).toBe('err\n')
      expect(heard.join('')).toBe('err\n')
      expect(await two.run('cat; exit 6', soon)).toMatchObject({ code: 6, stdout: '', stderr: '' })
      const many = [1, 2, 3, 4, 5].map(code => two.run(`exit ${code}`, soon))
      expect((await Promise.all(many)).map(each => each.kind === 'exited' && each.code)).toEqual([
        1, 2, 3, 4, 5,
      ])
      await one.close()
      await two.close()
      expect(asked).toEqual([`Password of ${name} for sudo: `])
      expect(await server.readLog()).not.toContain(password)
    },
  )

  test('that asks no more does not make the password input of the command', async () => {
    const { name, password } = await meet(['USER ALL=(root) NOPASSWD: ALL'])
    const { text, input } = asRootWith(password, 'cat', 'nicfix-mark')
    const login = ['-u', name, '--', 'sh', '-c', text]
    const ran = await execa('runuser', login, { input: `${input}only this` })
    expect(ran.stdout).toBe('only this')
    expect(afterMark(`${ran.stderr}\n`, 'nicfix-mark')).toBe('')
  })

  test('that was given a wrong password is told of, and nothing runs', async () => {
    const { name } = await meet(['USER ALL=(root) ALL'])
    const { host } = await reach(name, { password: 'wrong' })
    const problem = await findProblem(host.connect({ timeoutMs: 30_000 }))
    expect(problem).toMatchObject({ code: 'NF6005', host: 'h1', exitCode: 4 })
    // One attempt: neither the mark nor anything else was taken for a second password.
    expect(problem.details.join('\n')).toMatch(/1 incorrect password/)
    expect(problem.next).toContain('Try again with the password')
  })

  test('that wants a password nobody gives says how to give it', async () => {
    const { name } = await meet(['USER ALL=(root) ALL'])
    const { host } = await reach(name, {})
    const problem = await findProblem(host.connect())
    expect(problem).toMatchObject({ code: 'NF6005', details: ['sudo: a password is required'] })
    expect(problem.next).toContain(`${name} ALL=(root) NOPASSWD: ALL`)
    expect(problem.next).toContain('--sudo-password-file')
  })

  test('that does not know the user is told in its own words', async () => {
    const { name, password } = await meet([])
    const { host } = await reach(name, { password })
    const problem = await findProblem(host.connect())
    expect(problem).toMatchObject({ code: 'NF6005', exitCode: 4 })
    expect(problem.details.join('\n')).toMatch(/not in the sudoers file|not allowed/)
    expect(problem.next).toContain(`${name} ALL=(root) NOPASSWD: ALL`)
  })

  test('that wants a terminal is told with the line that changes it', async () => {
    const { name } = await meet(['USER ALL=(root) NOPASSWD: ALL', 'Defaults:USER requiretty'])
    const { host } = await reach(name, {})
    const problem = await findProblem(host.connect())
    expect(problem.code).toBe('NF6005')
    expect(problem.details.join('\n')).toContain('must have a tty')
    expect(problem.next).toContain(`Defaults:${name} !requiretty`)
  })

  /** A server whose users find only these programs. */
  async function serveWith(programs: Readonly<Record<string, string>>) {
    const bin = join(base.dir, `bin.${Object.keys(programs).join('.')}`)
    await mkdir(bin)
    const usual = { sh: '/bin/sh', id: '/usr/bin/id', cat: '/bin/cat' }
    for (const [name, path] of Object.entries({ ...usual, ...programs }))
      await symlink(path, join(bin, name))
    const hostKey = await makeKey(base.dir, `host.${Object.keys(programs).join('.')}`)
    const more = { hostKeys: [hostKey.file], authorized: [key.public] }
    const other = await startSshd(base.dir, { ...more, config: [`SetEnv PATH=${bin}`] })
    closers.push(() => other.stop())
    const line = `[127.0.0.1]:${other.port} ${hostKey.public}\n`
    await writeFile(join(base.dir, 'known'), line, { flag: 'a' })
    return other.port
  }

  test('that is not there is missed by name', async () => {
    const { name } = await meet([])
    const { host } = await reach(name, { password: 'any' }, await serveWith({}))
    const problem = await findProblem(host.connect())
    expect(problem).toMatchObject({ code: 'NF6005', details: ['sudo is not installed there'] })
  })

  test.skipIf(!hasSudoRs)(
    'of sudo-rs takes a password too (Debian 13 has it, 12 not)',
    async () => {
      const { name, password } = await meet(['USER ALL=(root) ALL'])
      const port = await serveWith({ sudo: '/usr/bin/sudo-rs' })
      const { host } = await reach(name, { password }, port)
      const connection = await host.connect()
      const exit = await connection.run('id -u; cat', { ...soon, stdin: 'input' })
      expect(exit).toMatchObject({ code: 0, stdout: '0\ninput', stderr: '' })
      await connection.close()
    },
  )
})

describe('what sudo says', () => {
  test.each([
    ['[sudo] password for me: Sorry, try again.\n', ['Sorry, try again.']],
    [
      '\nWe trust you have received the usual lecture from the local System\nAdministrator.\n\n[sudo] password for me: me is not in the sudoers file.\n',
      ['me is not in the sudoers file.'],
    ],
    [
      '[sudo: authenticate] Password: sudo: Authentication failed, try again.\n',
      ['sudo: Authentication failed, try again.'],
    ],
    ['sudo: a password is required\n', ['sudo: a password is required']],
    ['something else\n', ['something else']],
  ])('is told without prompt and lecture: %j', (stderr, said) => {
    expect(readComplaint(stderr)).toEqual(said)
  })
})
