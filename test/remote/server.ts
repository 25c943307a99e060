import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import ssh2, { type Connection, type ServerChannel, type Session } from 'ssh2'
import type { SshSettings } from '../../src/remote/settings.ts'

/** A directory of its own with keys made by ssh-keygen; `using`-like: call `remove` at the end. */
export async function makeDirectory() {
  const dir = await mkdtemp(join(tmpdir(), 'nicfix-remote-'))
  // What nicfix itself leaves in the place for such files is of this file of tests alone.
  process.env['TMPDIR'] = dir
  return { dir, remove: () => rm(dir, { recursive: true, force: true }) }
}

export async function makeKey(dir: string, name: string, type = 'ed25519', phrase = '') {
  const file = join(dir, name)
  // One round to the passphrase: the usual 16 are for attackers to wait for.
  const bits = [...(type === 'rsa' ? ['-b', '2048'] : []), '-a', '1']
  await execa('ssh-keygen', ['-q', '-t', type, ...bits, '-N', phrase, '-C', name, '-f', file])
  const [kind = '', base64 = ''] = (await readFile(`${file}.pub`, 'utf8')).split(' ')
  return { file, public: `${kind} ${base64}`, blob: Buffer.from(base64, 'base64') }
}

export type Options = {
  readonly hostKey: string
  /** Public keys that may log in, in wire form. */
  readonly accept: readonly Buffer[]
  /** Sessions a connection may have open, as MaxSessions of sshd. */
  readonly maxSessions?: number
  /** Runs a command instead of /bin/sh. */
  readonly onExec?: (command: string, channel: ServerChannel) => void
  readonly env?: Readonly<Record<string, string>>
}

/** A real SSH server inside the test, whose commands are run by /bin/sh. */
export async function startServer(options: Options) {
  const seen = { execs: [] as string[], sessions: 0, most: 0, connections: 0 }
  const raw = new Set<Connection>()
  const server = new ssh2.Server({ hostKeys: [await readFile(options.hostKey)] }, client => {
    seen.connections++
    raw.add(client)
    // There, but not in its type.
    ;(client as unknown as { setNoDelay(on: boolean): void }).setNoDelay(true)
    client.on('error', () => undefined)
    client.on('authentication', context => {
      const isKnown =
        context.method === 'publickey' && options.accept.some(key => key.equals(context.key.data))
      if (isKnown) context.accept()
      else context.reject(['publickey', 'password'])
    })
    client.on('tcpip', (accept, _reject, { destIP, destPort }) => {
      const channel = accept()
      const target = connect(destPort, destIP)
      target.on('error', () => channel.close())
      channel.on('error', () => undefined)
      target.pipe(channel).pipe(target)
    })
    client.on('session', (accept, reject) => {
      if (seen.sessions >= (options.maxSessions ?? 10)) return reject()
      seen.most = Math.max(seen.most, ++seen.sessions)
      serve(accept(), seen, options)
    })
  })
  server.listen(0, '127.0.0.1')
  await new Promise<void>(resolve => void server.once('listening', () => resolve()))
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    dropAll: () => raw.forEach(client => client.end()),
    close: () => server.close(),
  }
}

function serve(session: Session, seen: { execs: string[]; sessions: number }, options: Options) {
  session.on('close', () => seen.sessions--)
  session.on('exec', (accept, _reject, { command }) => {
    seen.execs.push(command)
    const channel = accept()
    channel.on('error', () => undefined)
    if (options.onExec) return options.onExec(command, channel)
    const child = spawn('/bin/sh', ['-c', command], { env: { ...process.env, ...options.env } })
    child.stdin.on('error', () => undefined)
    channel.pipe(child.stdin)
    child.stdout.pipe(channel, { end: false })
    child.stderr.pipe(channel.stderr, { end: false })
    child.on('close', (code, signal) => {
      if (signal) channel.exit(signal.slice(3), false, '')
      else channel.exit(code ?? 255)
      channel.end()
    })
  })
}

/** Settings of a host on this machine, with one key and one known_hosts file. */
export async function makeSettings(
  port: number,
  hostKey: string | undefined,
  keyFile: string,
  more: Partial<SshSettings> = {},
): Promise<SshSettings> {
  const known = `${keyFile}.known.${port}`
  if (hostKey !== undefined) await writeFile(known, `[127.0.0.1]:${port} ${hostKey}\n`)
  return {
    address: '127.0.0.1',
    port,
    user: 'root',
    keyFiles: [keyFile],
    identitiesOnly: true,
    knownHostsFiles: [known],
    strictness: 'ask',
    jumps: [],
    login: ['ssh', '-p', String(port), 'root@127.0.0.1'],
    ...more,
  }
}

/** A TCP proxy that can stop forwarding without closing anything, as a dead network does. */
export async function startProxy(target: number) {
  const sockets = new Set<Socket>()
  let frozen = false
  const server = createServer(near => {
    const far = connect(target, '127.0.0.1')
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from)
      from.on('error', () => undefined)
      from.on('data', piece => void (frozen || to.write(piece)))
      from.on('close', () => void (frozen || to.destroy()))
    }
  })
  const port = await listen(server)
  return {
    port,
    freeze: () => void (frozen = true),
    close() {
      sockets.forEach(socket => socket.destroy())
      server.close()
    },
  }
}

/** Listens on a free loopback port. */
export async function listen(server: Server): Promise<number> {
  await new Promise<void>(resolve => void server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}
