import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { Socket } from 'node:net'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { makeSecrets } from '../../src/remote/secrets.ts'
import { sshHost } from '../../src/remote/ssh.ts'
import { findProblem, makeBench, sayIn, type Bench, type Key } from './bench.ts'
import { whyNoPeople } from './people.ts'
import { makeKey } from './server.ts'

const phrase = 'a phrase of four words'
let bench: Bench
let locked: Key

beforeAll(async () => {
  bench = await makeBench()
  locked = await makeKey(bench.dir, 'locked', 'ed25519', phrase)
})

afterAll(() => bench.close())

const slowly = () => new Promise<string>(resolve => void setTimeout(() => resolve(phrase), 4500))
const identity = (key: Key) => `IdentityFile ${key.file}`

describe.each(['ssh2', 'openssh'] as const)('by %s', transport => {
  describe('a key with a passphrase', () => {
    test('is opened by a person, who is asked once for many connections', async () => {
      const { port } = await bench.serve({ authorized: [locked.public] })
      const { remote, asked } = await bench.reach(port, [identity(locked)], {
        transport,
        answers: [phrase],
      })
      expect(await sayIn(remote.connect())).toBe('in\n')
      expect(await sayIn(remote.connect())).toBe('in\n')
      expect(asked).toHaveLength(1)
      expect(asked[0]).toMatch(/passphrase .*locked/i)
    })

    test('is asked for anew when the phrase was wrong', async () => {
      const { port } = await bench.serve({ authorized: [locked.public] })
      const way = { transport, answers: ['wrong', phrase] }
      const { remote, asked } = await bench.reach(port, [identity(locked)], way)
      expect(await sayIn(remote.connect())).toBe('in\n')
      expect(asked).toHaveLength(2)
    })

    test.each(['rsa', 'ecdsa'])('may be of type %s', async type => {
      const key = await makeKey(bench.dir, `locked.${type}.${transport}`, type, phrase)
      const { port } = await bench.serve({ authorized: [key.public] })
      const { remote } = await bench.reach(port, [identity(key)], { transport, answers: [phrase] })
      expect(await sayIn(remote.connect())).toBe('in\n')
    })

    test('is not asked for where the host does not want the key', async () => {
      const { port } = await bench.serve({ authorized: [bench.user.public] })
      const lines = [identity(locked), identity(bench.user)]
      const { remote, asked } = await bench.reach(port, lines, { transport, answers: [phrase] })
      expect(await sayIn(remote.connect())).toBe('in\n')
      expect(asked).toEqual([])
    })

    test('and nobody to ask is refused, and nobody is asked where BatchMode says so', async () => {
      const { port } = await bench.serve({ authorized: [locked.public] })
      const { remote } = await bench.reach(port, [identity(locked)], { transport })
      expect(await findProblem(remote.connect())).toMatchObject({ code: 'NF6004', host: 'h1' })
      const batch = await bench.reach(port, [identity(locked), 'BatchMode yes'], {
        transport,
        answers: [phrase],
      })
      expect(await findProblem(batch.remote.connect())).toMatchObject({ code: 'NF6004' })
      expect(batch.asked).toEqual([])
    })

    test('may take as long as a person takes', async () => {
      const { port } = await bench.serve({ authorized: [locked.public] })
      const { settings } = await bench.reach(port, [identity(locked)], { transport })
      const secrets = makeSecrets({ ask: slowly, tell: () => undefined })
      const connecting = sshHost('h1', settings, { secrets }).connect({ timeoutMs: 4000 })
      expect(await sayIn(connecting)).toBe('in\n')
    })
  })

  test('an agent holds what a file does not', async () => {
    const socket = join(bench.dir, `agent.${transport}`)
    const program = execa('ssh-agent', ['-D', '-a', socket], { reject: false })
    bench.atEnd(() => program.kill())
    await once(program.stdout, 'data')
    const held = await makeKey(bench.dir, `held.${transport}`)
    await execa('ssh-add', ['-q', held.file], { env: { SSH_AUTH_SOCK: socket } })
    await rm(held.file)
    const { port } = await bench.serve({ authorized: [held.public] })
    const lines = [`IdentityAgent ${socket}`, `IdentityFile ${held.file}`]
    const { remote } = await bench.reach(port, lines, { transport })
    expect(await sayIn(remote.connect())).toBe('in\n')
  })

  describe.skipIf(whyNoPeople !== undefined)('keyboard-interactive (needs root)', () => {
    const pam = ['UsePAM yes', 'KbdInteractiveAuthentication yes']
    const only = [...pam, 'AuthenticationMethods keyboard-interactive']

    /** Nothing of nicfix is tried beyond the login: such a user has no rights. */
    const refusal = { code: 'NF6005', host: 'h1' }

    test('has a person answer what the host asks', async () => {
      const { name, password } = await bench.meet()
      const { port, readLog } = await bench.serve({ config: only })
      const { remote, asked } = await bench.reach(port, [], {
        transport,
        name,
        answers: [password],
      })
      expect(await findProblem(remote.connect())).toMatchObject(refusal)
      expect(asked.filter(each => each.includes('Password:'))).toHaveLength(1)
      expect(asked[0]).toContain(`(${name}@`)
      expect(await readLog()).toContain(`Accepted keyboard-interactive/pam for ${name}`)
    })

    test('comes after a key where the host wants both', async () => {
      const { name, password } = await bench.meet()
      const config = [...pam, 'AuthenticationMethods publickey,keyboard-interactive']
      const { port, readLog } = await bench.serve({ config })
      const { remote } = await bench.reach(port, [identity(bench.user)], {
        transport,
        name,
        answers: [password],
      })
      expect(await findProblem(remote.connect())).toMatchObject(refusal)
      expect(await readLog()).toContain(`Accepted keyboard-interactive/pam for ${name}`)
    })

    test('is not tried where nobody can be asked', async () => {
      const { name } = await bench.meet()
      const { port, readLog } = await bench.serve({ config: only })
      const { remote } = await bench.reach(port, [], { transport, name })
      const problem = await findProblem(remote.connect())
      expect(problem).toMatchObject({ code: 'NF6004', host: 'h1' })
      expect(problem.details.join('\n')).toContain('keyboard-interactive')
      expect(await readLog()).not.toMatch(/Failed keyboard-interactive|authentication failure/)
    })
  })
})

test('ssh2 sends small packets at once', async () => {
  const { port } = await bench.serve()
  const { remote } = await bench.reach(port, [identity(bench.user)])
  const setNoDelay = vi.spyOn(Socket.prototype, 'setNoDelay')
  expect(await sayIn(remote.connect())).toBe('in\n')
  expect(setNoDelay).toHaveBeenCalledWith(true)
  setNoDelay.mockRestore()
})
