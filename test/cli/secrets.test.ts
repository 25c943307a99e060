import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { quoteAll } from '../../src/quote.ts'
import { makeBench, type Bench } from '../remote/bench.ts'
import { makePerson, whyNoPeople } from '../remote/people.ts'
import { makeKey } from '../remote/server.ts'
import { nicfixInTerminal } from './terminal.ts'

const door = new URL('../../src/main.js', import.meta.url).pathname
const phrase = 'a phrase of four words'
let bench: Bench

beforeAll(async () => {
  bench = await makeBench()
})
afterAll(() => bench.close())

const status = (config: string, ...more: readonly string[]) => [
  'status',
  '--host',
  'box',
  '--ssh-config',
  config,
  ...more,
]

/** nicfix without a terminal. */
const nicfix = (argv: readonly string[]) =>
  execa(process.execPath, [door, ...argv], { reject: false, stdin: 'ignore' })

describe('on a terminal', () => {
  test.each(['ssh2', 'openssh'] as const)(
    'the passphrase of a key is asked for and not shown, by %s',
    async transport => {
      const locked = await makeKey(bench.dir, `locked.${transport}`, 'ed25519', phrase)
      const { port } = await bench.serve({ authorized: [locked.public] })
      const { sshConfig } = await bench.reach(port, [`IdentityFile ${locked.file}`])
      const argv = status(sshConfig, '--transport', transport)
      const { code, shown } = await nicfixInTerminal(argv, [[/passphrase .*: /i, phrase]])
      expect(shown).toMatch(/^box$/m)
      expect(shown).not.toContain(phrase)
      expect(code).toBe(0)
    },
  )

  test('^C at a question ends nicfix, and ^D leaves the question without an answer', async () => {
    const locked = await makeKey(bench.dir, 'locked.stop', 'ed25519', phrase)
    const { port } = await bench.serve({ authorized: [locked.public] })
    const { sshConfig } = await bench.reach(port, [`IdentityFile ${locked.file}`])
    const stopped = await nicfixInTerminal(status(sshConfig), [[/passphrase .*: /i, '\u0003']])
    expect(stopped.code).toBe(130)
    const empty = await nicfixInTerminal(status(sshConfig), [[/passphrase .*: /i, '\u0004']])
    expect(empty.code).toBe(4)
    expect(empty.shown).toContain('error[NF6004]')
  })
})

describe.skipIf(whyNoPeople !== undefined)('the password of sudo (needs root)', () => {
  let person: Awaited<ReturnType<typeof makePerson>>
  let config: string
  beforeAll(async () => {
    person = await makePerson(['USER ALL=(root) ALL'])
    bench.atEnd(() => person.remove())
    const { port } = await bench.serve()
    const lines = [`IdentityFile ${bench.user.file}`]
    config = (await bench.reach(port, lines, { name: person.name })).sshConfig
  })

  test('is asked for once on a terminal, and not shown', async () => {
    const question = `Password of ${person.name} for sudo: `
    const { code, shown } = await nicfixInTerminal(status(config), [[question, person.password]])
    expect(shown.split(question)).toHaveLength(2)
    expect(shown).not.toContain(person.password)
    expect(shown).toMatch(/^box$/m)
    expect(code).toBe(0)
  })

  test('comes from a file that only its owner can read', async () => {
    const file = join(bench.dir, 'password')
    await writeFile(file, `${person.password}\n`, { mode: 0o600 })
    const good = await nicfix(status(config, '--sudo-password-file', file))
    expect(good).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^box\n/) })
    await chmod(file, 0o640)
    const open = await nicfix(status(config, '--sudo-password-file', file))
    expect(open.exitCode).toBe(64)
    expect(open.stderr).toContain('error[NF6007]')
    expect(open.stderr).toContain(`chmod 600 ${file}`)
    await writeFile(file, '\n')
    await chmod(file, 0o600)
    const empty = await nicfix(status(config, '--sudo-password-file', file))
    expect(empty.stderr).toContain('has no password in its first line')
  })

  test('may come through a pipe', async () => {
    const words = ['--sudo-password-file', '/dev/stdin']
    const file = join(bench.dir, 'piped')
    await writeFile(file, `${person.password}\n`)
    const argv = [process.execPath, door, ...status(config, ...words)]
    const command = `cat ${file} | ${quoteAll(argv)}`
    const ran = await execa('sh', ['-c', command], { reject: false })
    expect(ran).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^box\n/) })
  })

  test('that nobody gives is missed with the way to give it', async () => {
    const ran = await nicfix(status(config))
    expect(ran.exitCode).toBe(4)
    expect(ran.stderr).toContain('error[NF6005]')
    expect(ran.stderr).toContain('--sudo-password-file')
  })
})

test('a transport that is none is refused', async () => {
  const ran = await nicfix(['status', '--host', 'h1', '--transport', 'telnet'])
  expect(ran.exitCode).toBe(64)
  expect(ran.stderr).toContain('ssh2 or openssh')
})
