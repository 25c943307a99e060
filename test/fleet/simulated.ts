import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Exit } from '../../src/model/exit.ts'
import type { Host, RunOptions } from '../../src/remote/host.ts'
import { piecesOf } from '../../src/remote/input.ts'
import type { SshSettings } from '../../src/remote/settings.ts'
import type { SshExtra } from '../../src/remote/ssh.ts'

/** A command for a host of the fleet, as the first line of what comes in; its standard input follows. */
export type Errand = { readonly name: string; readonly command: string }

/** Stands for src/remote/ssh.ts: the same hosts, each command over a local socket instead of a channel of SSH. */
export function sshHost(name: string, settings: SshSettings, { vars = {} }: SshExtra = {}): Host {
  const { user, address, port } = settings
  const connection = {
    hostKey: 'SHA256:simulated',
    via: `ssh ${user}@${address}:${port}`,
    run: (command: string, options: RunOptions) => run({ name, command }, options),
    close: () => Promise.resolve(),
  }
  return { name, lab: false, vars, ssh: settings, connect: () => Promise.resolve(connection) }
}

async function run(errand: Errand, { stdin }: RunOptions): Promise<Exit> {
  const socket = connect(process.env['NICFIX_FLEET_SOCKET'] ?? '')
  socket.write(`${JSON.stringify(errand)}\n`)
  for (const piece of piecesOf(stdin)) socket.write(piece)
  socket.end()
  try {
    return JSON.parse(await text(socket)) as Exit
  } catch (error) {
    return { kind: 'lost', why: (error as Error).message, stdout: '', stderr: '' }
  }
}
