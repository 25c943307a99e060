import { connect as connectTcp } from 'node:net'
import type { Duplex } from 'node:stream'
import { runInChannel } from './channel.ts'
import type { SshSettings } from './config.ts'
import { startDeadline, type Deadline } from './deadline.ts'
import type { Connection, Host } from './host.ts'
import { logIn, type LoggedIn } from './login.ts'
import { asRoot, readRights, rightsProbe, type Rights } from './sudo.ts'
import { networkTrouble, rootTrouble, unreachable, type Party } from './troubles.ts'

/** What a host may have beside its settings. */
export type SshExtra = {
  readonly lab?: boolean
  readonly vars?: Host['vars']
  /** How often the link is checked; it is given up after the third silence. Default 3000. */
  readonly keepaliveMs?: number
}

const defaultTimeoutMs = 15_000

/**
 * A host reached by SSH, with strict host keys and root rights. Nothing is connected yet; `connect` throws
 * NF6001 and NF6002 for the host key, NF6003 when it is not reached in time, NF6004 for the login, NF6005 without root.
 */
export function sshHost(name: string, settings: SshSettings, extra: SshExtra = {}): Host {
  const { lab = false, vars = {} } = extra
  return {
    name,
    lab,
    vars,
    async connect(options = {}) {
      const timeoutMs = options.timeoutMs ?? settings.connectTimeoutMs ?? defaultTimeoutMs
      const deadline = startDeadline(timeoutMs)
      const intervalMs = extra.keepaliveMs ?? 3000
      try {
        return await openConnection(name, settings, { intervalMs }, deadline)
      } finally {
        deadline.clear()
      }
    },
  }
}

async function openConnection(
  name: string,
  settings: SshSettings,
  keepalive: { intervalMs: number },
  deadline: Deadline,
): Promise<Connection> {
  const party = { host: name, hop: name, settings }
  const links: LoggedIn[] = []
  const closeAll = async (): Promise<void> => {
    for (const link of links.toReversed()) await link.close()
  }
  try {
    for (const hop of [...settings.jumps.map(each => toParty(name, each)), party]) {
      refuseUnsupported(hop)
      const through = links.at(-1)
      links.push(await logIn(hop, () => openStream(hop, through, deadline), keepalive, deadline))
    }
    const link = links.at(-1)!
    const rights = await findRights(party, link, deadline)
    return {
      hostKey: link.hostKey,
      via: `ssh ${settings.user}@${settings.address}:${settings.port}`,
      run: (command, options) => runInChannel(link, asRoot(command, rights), options),
      close: closeAll,
    }
  } catch (error) {
    await closeAll()
    throw error
  }
}

function toParty(host: string, jump: SshSettings['jumps'][number]): Party {
  return { host, hop: jump.name, settings: jump.settings }
}

function refuseUnsupported(party: Party): void {
  if (party.settings.unsupported === undefined) return
  throw unreachable(
    party,
    `${party.settings.unsupported}, which nicfix does not support yet`,
    'Use ProxyJump, or name the host in a configuration of its own (--ssh-config).',
  )
}

function openStream(
  party: Party,
  through: LoggedIn | undefined,
  deadline: Deadline,
): Promise<Duplex> {
  return through ? forward(party, through, deadline) : openTcp(party, deadline)
}

function openTcp(party: Party, deadline: Deadline): Promise<Duplex> {
  const { address, port } = party.settings
  // Node gives each of several addresses 250 ms by default: too little for a far host.
  const socket = connectTcp({ host: address, port, autoSelectFamilyAttemptTimeout: 3000 })
  // Nagle's algorithm makes a connect 4 times and a command 14 times slower.
  socket.setNoDelay(true)
  const connected = new Promise<Duplex>((resolve, reject) => {
    socket.once('connect', () => resolve(socket))
    socket.once('error', error => reject(networkTrouble(party, error)))
  })
  return deadline.race(
    connected,
    () => timedOut(party),
    () => socket.destroy(),
  )
}

function timedOut(party: Party): Error {
  const error = new Error('timeout')
  return networkTrouble(party, Object.assign(error, { code: 'ETIMEDOUT' }))
}

function forward(party: Party, through: LoggedIn, deadline: Deadline): Promise<Duplex> {
  const { address, port } = party.settings
  const forwarded = new Promise<Duplex>((resolve, reject) => {
    const fail = (why: string): void =>
      reject(unreachable(party, `the jump host says: ${why}`, 'Check the way from the jump host.'))
    const forget = through.onDeath(fail)
    through.client.forwardOut('127.0.0.1', 0, address, port, (error, channel) => {
      forget()
      if (error) fail(error.message)
      else resolve(channel)
    })
  })
  return deadline.race(
    forwarded,
    () => timedOut(party),
    () => undefined,
  )
}

/** Costs nothing for root, and one round trip for anybody else. */
async function findRights(party: Party, link: LoggedIn, deadline: Deadline): Promise<Rights> {
  const { user } = party.settings
  if (user === 'root') return 'root'
  const probe = runInChannel(link, asRoot(rightsProbe, 'root'), { timeoutMs: deadline.timeoutMs })
  const exit = await deadline.race(
    probe,
    () => timedOut(party),
    () => undefined,
  )
  const rights = readRights(exit.stdout)
  if (rights === 'root' || rights === 'sudo') return rights
  if (exit.kind === 'lost') throw unreachable(party, exit.why, 'Try again.')
  const said = exit.stderr
    .trim()
    .split('\n')
    .filter(line => line !== '')
  throw rootTrouble(party.host, user, rights === 'no-sudo' ? ['sudo is not installed there'] : said)
}
