import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Trouble, type Problem } from '../../src/problems.ts'
import { readSettings } from '../../src/remote/config.ts'
import type { Connection } from '../../src/remote/host.ts'
import { makeSecrets } from '../../src/remote/secrets.ts'
import type { Transport } from '../../src/remote/settings.ts'
import { sshHost } from '../../src/remote/ssh.ts'
import { makePerson } from './people.ts'
import { makeDirectory, makeKey } from './server.ts'
import { me, startSshd, type SshdOptions } from './sshd.ts'

export type Key = Awaited<ReturnType<typeof makeKey>>
export type Bench = Awaited<ReturnType<typeof makeBench>>

export type Way = {
  readonly transport?: Transport | undefined
  /** Lines of known_hosts; PORT is the server's. The key of the server when absent. */
  readonly known?: string
  /** What is answered to the questions, in their order; nobody is there when absent. */
  readonly answers?: readonly string[]
  readonly name?: string
}

/** Real OpenSSH servers, keys, users and ssh configurations for one file of tests; `close` ends and removes them all. */
export async function makeBench() {
  const base = await makeDirectory()
  const { dir } = base
  const host = await makeKey(dir, 'host')
  const user = await makeKey(dir, 'user')
  const closers: (() => unknown)[] = []
  let count = 0
  return {
    dir,
    host,
    user,
    /** Has this done at the end. */
    atEnd: (close: () => unknown) => void closers.push(close),
    async close() {
      for (const close of closers.toReversed()) await close()
      await base.remove()
    },
    async serve(more: Partial<SshdOptions> = {}) {
      const options = { hostKeys: [host.file], authorized: [user.public], ...more }
      const server = await startSshd(dir, options)
      closers.push(() => server.stop())
      return server
    },
    async meet() {
      const person = await makePerson()
      closers.push(() => person.remove())
      return person
    },
    /** A host with these lines in its ssh configuration, and the questions that it puts. */
    async reach(port: number, lines: readonly string[], way: Way = {}) {
      const number = count++
      const [sshConfig, file] = [join(dir, `config.${number}`), join(dir, `known.${number}`)]
      const known = way.known ?? `[127.0.0.1]:PORT ${host.public}\n`
      await writeFile(file, known.replaceAll('PORT', String(port)))
      const usual = [
        'HostName 127.0.0.1',
        `Port ${port}`,
        `User ${way.name ?? me}`,
        `UserKnownHostsFile ${file}`,
        'GlobalKnownHostsFile /dev/null',
        'IdentityAgent none',
        'IdentitiesOnly yes',
      ]
      await writeFile(sshConfig, ['Host h1 box', ...lines, ...usual].join('\n'))
      const asked: string[] = []
      const left = [...(way.answers ?? [])]
      const ask = async (question: string) => {
        asked.push(question)
        return left.shift()
      }
      const secrets = makeSecrets(way.answers && { ask, tell: () => undefined })
      const settings = await readSettings('h1', { sshConfig, transport: way.transport })
      return { remote: sshHost('h1', settings, { secrets }), settings, asked, sshConfig, file }
    },
  }
}

/** What a first command says over a connection, which is closed then. */
export async function sayIn(connecting: Promise<Connection>): Promise<string> {
  const connection = await connecting
  const exit = await connection.run('echo in', { timeoutMs: 20_000 })
  await connection.close()
  return exit.stdout
}

export async function findProblem(connecting: Promise<Connection>): Promise<Problem> {
  const error: unknown = await connecting.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof Trouble)) throw new Error(`no Trouble but ${String(error)}`)
  return error.problems[0]!
}
