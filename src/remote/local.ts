import { userInfo } from 'node:os'
import type { Exit } from '../model/exit.ts'
import { startDeadline } from './deadline.ts'
import type { Connection, Host, RunOptions } from './host.ts'
import { collect, defaultLimitBytes } from './output.ts'
import { runProgram } from './process.ts'
import { becomeRoot } from './rights.ts'
import type { Secrets } from './secrets.ts'
import type { Shell } from './shell.ts'

/**
 * This very machine as a host. `connect` throws NF6005 when neither this user nor sudo is root.
 */
export function localHost(secrets?: Secrets): Host {
  return { name: 'localhost', vars: {}, lab: false, connect: () => connectLocally(secrets) }
}

async function connectLocally(secrets: Secrets | undefined): Promise<Connection> {
  let closed = false
  const shell: Shell = {
    hostKey: 'local',
    async run(text, options) {
      if (closed)
        return { kind: 'lost', why: 'nicfix closed the connection', stdout: '', stderr: '' }
      return runLocally(text, options)
    },
    async close() {
      closed = true
    },
  }
  const deadline = startDeadline(15_000)
  const user = process.getuid?.() === 0 ? 'root' : userInfo().username
  try {
    const run = await becomeRoot(shell, { host: 'localhost', user, secrets, deadline })
    return { hostKey: 'local', via: 'local', run, close: () => shell.close() }
  } finally {
    deadline.clear()
  }
}

/** Runs a command of this machine with the same ends as over SSH; it goes on after `lost`, as over SSH. */
function runLocally(command: string, options: RunOptions): Promise<Exit> {
  const { onStderr, limitBytes = defaultLimitBytes } = options
  const stderr = collect(limitBytes, onStderr)
  return runProgram('sh', ['-c', command], { ...options, stderr, endsLate: false })
}
