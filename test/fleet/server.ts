import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import ssh2 from 'ssh2'
import type { ServerChannel, Session } from 'ssh2'
import type { Faults } from '../run/faults.ts'
import { FleetHost } from './fleet-host.ts'

// A process that is many hosts at once: one SSH server, and behind each address 127.1.* a host of its own, named h1, h2 …
// Its one argument says how they are; it prints its port, and on every line that comes in how many hosts were under way
// at once.
export type FleetErrand = {
  readonly hostKey: string
  /** From the firing to the end of a trial. */
  readonly trialMs: number
  readonly faults: Readonly<Record<string, Faults>>
}

const errand = JSON.parse(process.argv[2] ?? '{}') as FleetErrand
const hosts = new Map<string, FleetHost>()
let most = 0

function hostOf(name: string): FleetHost {
  const host = hosts.get(name) ?? new FleetHost(name, errand.trialMs, errand.faults[name])
  hosts.set(name, host)
  return host
}

/** The command that `exec sh -c '…'` is about. */
function within(text: string): string {
  const [, quoted = text] = /^exec sh -c (.*)$/s.exec(text) ?? []
  return quoted.startsWith("'") ? quoted.slice(1, -1).replaceAll(`'\\''`, "'") : quoted
}

async function serve(name: string, command: string, channel: ServerChannel): Promise<void> {
  channel.on('error', () => undefined)
  const pieces: Uint8Array[] = []
  for await (const piece of channel) pieces.push(piece as Uint8Array)
  const exit = await hostOf(name).answer(within(command), Buffer.concat(pieces))
  most = Math.max(most, [...hosts.values()].filter(host => host.isUnderWay).length)
  if (exit.kind !== 'exited') return void channel.close()
  channel.stderr.write(exit.stderr)
  channel.write(exit.stdout)
  channel.exit(exit.code)
  channel.end()
}

/** By the port that a connection comes from: the address that it came to. */
const cameTo = new Map<number, string>()

const nameOf = (address: string) => {
  const [, , high = 0, low = 0] = address.split('.').map(Number)
  return `h${high * 256 + low + 1}`
}

const server = new ssh2.Server({ hostKeys: [readFileSync(errand.hostKey)] }, (client, { port }) => {
  const name = nameOf(cameTo.get(port) ?? '')
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
const door = createServer(socket => {
  cameTo.set(socket.remotePort ?? 0, socket.localAddress ?? '')
  server.injectSocket(socket)
})
door.listen(0, '0.0.0.0', () => process.stdout.write(`${(door.address() as AddressInfo).port}\n`))
process.stdin.on('data', () => process.stdout.write(`${most}\n`))
process.stdin.on('end', () => process.exit())
