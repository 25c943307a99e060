import { connect as connectTcp } from 'node:net'
import type { Duplex } from 'node:stream'
import { runInChannel } from './channel.ts'
import type { Deadline } from './deadline.ts'
import { logIn, type LoggedIn } from './login.ts'
import type { Shell } from './shell.ts'
import { networkTrouble, toParty, unreachable, type Party } from './troubles.ts'
import type { Way } from './way.ts'

/**
 * Connects by ssh2, through the jump hosts of the settings; every host on the way has its key checked.
 * @throws {Trouble} NF6001 to NF6004; nothing stays open then.
 */
export async function openBySsh2({ party, secrets, keepaliveMs, deadline }: Way): Promise<Shell> {
  const { host, settings } = party
  const links: LoggedIn[] = []
  const closeAll = async (): Promise<void> => {
    for (const link of links.toReversed()) await link.close()
  }
  try {
    for (const hop of [...settings.jumps.map(each => toParty(host, each)), party]) {
      const through = links.at(-1)
      const way = { party: hop, secrets, keepaliveMs, deadline }
      links.push(await logIn(way, () => openStream(hop, through, deadline)))
    }
  } catch (error) {
    await closeAll()
    throw error
  }
  const link = links.at(-1)!
  return {
    hostKey: link.hostKey,
    run: (text, options) => runInChannel(link, text, options),
    close: closeAll,
  }
}

function openStream(
  party: Party,
  through: LoggedIn | undefined,
  deadline: Deadline,
): Promise<Duplex> {
  return through ? forward(party, through, deadline) : openTcp(party, deadline)
}

function openTcp(party: Party, deadline: Deadline): Promise<Duplex> {
  const { address, port, family } = party.settings
  // Node gives each of several addresses 250 ms by default: too little for a far host.
  const patience = { autoSelectFamilyAttemptTimeout: 3000 }
  const socket = connectTcp({ host: address, port, ...patience, ...(family && { family }) })
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
