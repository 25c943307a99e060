import { execa } from 'execa'
import type { Exit } from '../model/exit.ts'
import type { Connection, Host, RunOptions } from './host.ts'
import { collect, defaultLimitBytes } from './output.ts'
import { asRoot, readRights, rightsProbe, type Rights } from './sudo.ts'
import { rootTrouble } from './troubles.ts'

/**
 * This very machine as a host. `connect` throws NF6005 when neither this user nor `sudo -n` is root.
 */
export function localHost(): Host {
  return { name: 'localhost', vars: {}, lab: false, connect: connectLocally }
}

async function connectLocally(): Promise<Connection> {
  const rights = await findRights()
  let closed = false
  return {
    hostKey: 'local',
    via: 'local',
    async run(command, options) {
      if (closed)
        return { kind: 'lost', why: 'nicfix closed the connection', stdout: '', stderr: '' }
      return runLocally(asRoot(command, rights), options)
    },
    async close() {
      closed = true
    },
  }
}

async function findRights(): Promise<Rights> {
  if (process.getuid?.() === 0) return 'root'
  const exit = await runLocally(rightsProbe, { timeoutMs: 15_000 })
  const rights = readRights(exit.stdout)
  if (rights === 'root' || rights === 'sudo') return rights
  const said = rights === 'no-sudo' ? 'sudo is not installed here' : exit.stderr.trim()
  throw rootTrouble(
    'localhost',
    process.env['USER'] ?? 'this user',
    said.split('\n').filter(Boolean),
  )
}

/** Runs a command of this machine with the same ends as over SSH; it goes on after `lost`, as over SSH. */
async function runLocally(command: string, options: RunOptions): Promise<Exit> {
  const limit = options.limitBytes ?? defaultLimitBytes
  const stdout = collect(limit)
  const stderr = collect(limit, options.onStderr)
  const subprocess = execa('sh', ['-c', command], {
    reject: false,
    buffer: false,
    // A session of its own: ^C in the terminal must not end a step half way.
    detached: true,
    cleanup: false,
    ...(options.stdin === undefined ? { stdin: 'ignore' as const } : { input: options.stdin }),
  })
  subprocess.stdout.on('data', (piece: Buffer) => stdout.add(piece))
  subprocess.stderr.on('data', (piece: Buffer) => stderr.add(piece))
  const late = Promise.withResolvers<undefined>()
  const timer = setTimeout(late.resolve, Math.min(options.timeoutMs, 2 ** 31 - 1), undefined)
  // A command that was given up must not keep nicfix from ending.
  const result = await Promise.race([subprocess, late.promise])
  clearTimeout(timer)
  const texts = { stdout: stdout.text(), stderr: stderr.text() }
  if (result === undefined) {
    subprocess.stdout.destroy()
    subprocess.stderr.destroy()
    subprocess.nodeChildProcess.unref()
    return { kind: 'lost', why: `no end within ${options.timeoutMs / 1000} s`, ...texts }
  }
  if (result.signal !== undefined) return { kind: 'killed', signal: result.signal, ...texts }
  return result.exitCode === undefined
    ? { kind: 'lost', why: `sh did not start: ${result.shortMessage ?? ''}`, ...texts }
    : { kind: 'exited', code: result.exitCode, ...texts }
}
