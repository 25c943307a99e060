import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import ssh2 from 'ssh2'
import type { ServerChannel, Session } from 'ssh2'
import type { Exit } from '../../src/model/exit.ts'
import { rightsProbe } from '../../src/remote/sudo.ts'
import { exited } from '../run/answers.ts'
import type { Faults } from '../run/faults.ts'
import { FleetHost } from './fleet-host.ts'
import { unwrap } from './sudo.ts'
import type { Asked, Denied } from './sudo.ts'
import type { Errand } from './simulated.ts'

// A process that is many hosts at once: one SSH server, and behind each address 127.1.* a host of its own, named h1, h2 …
// The file that its argument names says how they are; it prints its port, and on every line that comes in what it has seen.
// The same hosts are behind a local socket too, for whoever measures a controller without SSH.
export type FleetErrand = {
  readonly hostKey: string
  readonly socket: string
  /** From the firing to the end of a trial. */
  readonly trialMs: number
  readonly faults: Readonly<Record<string, Faults>>
  /** What sudo wants of everybody but root; null when it runs nothing for them. */
  readonly sudoPassword: string | null
}

const errand = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as FleetErrand
const hosts = new Map<string, FleetHost>()
/** Everything that was on a command line. */
const commands = new Set<string>()
let most = 0

function hostOf(name: string): FleetHost {
  const host = hosts.get(name) ?? new FleetHost(name, errand.trialMs, errand.faults[name])
  hosts.set(name, host)
  return host
}

const count = () =>
  void (most = Math.max(most, [...hosts.values()].filter(host => host.isUnderWay).length))

async function serve(name: string, text: string, channel: ServerChannel): Promise<void> {
  channel.on('error', () => undefined)
  commands.add(text)
  const pieces: Uint8Array[] = []
  for await (const piece of channel) pieces.push(piece as Uint8Array)
  const exit = await answer(name, unwrap(text, Buffer.concat(pieces), errand.sudoPassword))
  count()
  if (exit.kind !== 'exited') {
    channel.close()
    return
  }
  channel.stderr.write(exit.stderr)
  channel.write(exit.stdout)
  channel.exit(exit.code)
  channel.end()
}

async function answer(name: string, asked: Asked | Denied): Promise<Exit> {
  if ('denied' in asked) return exited(1, '', asked.denied)
  const { command, input, stderr } = asked
  if (command === rightsProbe) return exited(1, '', 'sudo: a password is required\n')
  if (command === 'id -u') return exited(0, '0\n', stderr)
  const exit = await hostOf(name).answer(command, input)
  return { ...exit, stderr: stderr + exit.stderr }
}

const hostKeys = [readFileSync(errand.hostKey)]

/** The sshd of one host: what it is told of a client would not tell for which host that came. */
function startSshd(name: string): ssh2.Server {
  return new ssh2.Server({ hostKeys }, client => {
    client.on('error', () => undefined)
    client.on('authentication', context => {
      if (context.method === 'publickey') context.accept()
      else context.reject(['publickey'])
    })
    client.on('session', accept => {
      const session: Session = accept()
      session.on('exec', (take, _reject, { command }) => void serve(name, command, take()))
    })
  })
}

const nameOf = (address: string) => {
  const [, , high = 0, low = 0] = address.split('.').map(Number)
  return `h${high * 256 + low + 1}`
}

const sshds = new Map<string, ssh2.Server>()
const door = createServer(socket => {
  const name = nameOf(socket.localAddress ?? '')
  const sshd = sshds.get(name) ?? startSshd(name)
  sshds.set(name, sshd)
  sshd.injectSocket(socket)
})
door.listen(0, '0.0.0.0', () => process.stdout.write(`${(door.address() as AddressInfo).port}\n`))

async function serveWithoutSsh(socket: Socket): Promise<void> {
  const pieces: Uint8Array[] = []
  for await (const piece of socket) pieces.push(piece as Uint8Array)
  const asked = Buffer.concat(pieces)
  const at = asked.indexOf('\n')
  const { name, command } = JSON.parse(asked.toString('utf8', 0, at)) as Errand
  const exit = await answer(name, { command, input: asked.subarray(at + 1), stderr: '' })
  count()
  socket.end(JSON.stringify(exit))
}

createServer({ allowHalfOpen: true }, socket => {
  socket.on('error', () => undefined)
  void serveWithoutSsh(socket)
}).listen({ path: errand.socket, backlog: 1024 })

process.stdin.on('data', () => {
  const tokens = [...hosts.values()].map(host => host.files.get('m/token')?.toString() ?? '')
  process.stdout.write(`${JSON.stringify({ most, tokens, commands: [...commands] })}\n`)
})
process.stdin.on('end', () => process.exit())
