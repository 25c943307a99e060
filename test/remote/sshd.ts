import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { listen } from './server.ts'

const program = '/usr/sbin/sshd'

export type SshdOptions = {
  /** Files of host keys. */
  readonly hostKeys: readonly string[]
  /** Lines of authorized_keys. */
  readonly authorized: readonly string[]
  /** Lines of sshd_config, before the ones that are always there: the first one wins. */
  readonly config?: readonly string[]
}

let count = 0

/** The real OpenSSH server on a loopback port of its own; `stop` ends it and every connection to it. */
export async function startSshd(dir: string, options: SshdOptions) {
  const name = `sshd-${count++}`
  const keys = join(dir, `${name}.authorized`)
  // sshd reads it as the user who logs in.
  await chmod(dir, 0o755)
  await writeFile(keys, options.authorized.map(line => `${line}\n`).join(''), { mode: 0o644 })
  const port = await freePort()
  const lines = [
    ...(options.config ?? []),
    ...options.hostKeys.map(file => `HostKey ${file}`),
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `AuthorizedKeysFile ${keys}`,
    `PidFile ${join(dir, `${name}.pid`)}`,
    'StrictModes no',
    'UsePAM no',
    'PermitRootLogin yes',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PerSourceMaxStartups none',
    'LogLevel VERBOSE',
    // The shell of whoever runs the tests may read long files first.
    `SetEnv HOME=${dir}`,
  ]
  const config = join(dir, `${name}.config`)
  await writeFile(config, `${lines.join('\n')}\n`)
  // sshd started by root insists on the directory of its packages.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true })
  const log = join(dir, `${name}.log`)
  await writeFile(log, '')
  const child = spawn(program, ['-D', '-f', config, '-E', log], { stdio: 'ignore', detached: true })
  const ended = new Promise<void>(resolve => void child.once('exit', () => resolve()))
  const readLog = () => readFile(log, 'utf8')
  await waitForPort(port, readLog)
  return {
    port,
    readLog,
    async stop() {
      // Its sessions are of its own process group, but for those that made one of theirs.
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGTERM')
      await ended
    },
    /** Ends the sessions only, as a network that went away would. */
    async dropAll() {
      const sessions = (await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8'))
        .trim()
        .split(' ')
      for (const pid of sessions) if (pid !== '') process.kill(Number(pid), 'SIGKILL')
    },
  }
}

/** The user that runs the tests can log in to its own sshd. */
export const me = userInfo().username

async function freePort(): Promise<number> {
  const server = createServer()
  const port = await listen(server)
  await new Promise<void>(resolve => void server.close(() => resolve()))
  return port
}

async function waitForPort(port: number, readLog: () => Promise<string>): Promise<void> {
  for (let turn = 0; turn < 200; turn++) {
    const socket = connect(port, '127.0.0.1')
    const isUp = await new Promise<boolean>(resolve => {
      socket.once('connect', () => resolve(true))
      socket.once('error', () => resolve(false))
    })
    socket.destroy()
    if (isUp) return waitForVisit(readLog)
    await sleep(25)
  }
  throw new Error(`sshd did not start: ${await readLog()}`)
}

/** The log has the visit that found the port open, too: whoever counts those of nicfix begins behind it. */
async function waitForVisit(readLog: () => Promise<string>): Promise<void> {
  for (let turn = 0; turn < 200; turn++) {
    if (/Connection (closed|reset) by/.test(await readLog())) return
    await sleep(10)
  }
}
