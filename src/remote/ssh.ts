import { listAgentTypes } from './agents.ts'
import { startDeadline } from './deadline.ts'
import { admit } from './gate.ts'
import type { Connection, Host } from './host.ts'
import { readKnownHosts } from './login.ts'
import { findAuthority } from './known-hosts.ts'
import { openByOpenssh } from './openssh.ts'
import { becomeRoot } from './rights.ts'
import type { Secrets } from './secrets.ts'
import type { SshSettings, Transport } from './settings.ts'
import type { Shell } from './shell.ts'
import { openBySsh2 } from './ssh2.ts'
import { knownAs, LoginRefused, unreachable, type Party } from './troubles.ts'
import type { Way } from './way.ts'

/** What a host may have beside its settings. */
export type SshExtra = {
  readonly lab?: boolean
  readonly vars?: Host['vars']
  /** Who may be asked for a passphrase or a password; nobody when absent. */
  readonly secrets?: Secrets | undefined
  /** How often the link is checked; it is given up after the third silence. Default 3000. */
  readonly keepaliveMs?: number
}

const defaultTimeoutMs = 15_000

/**
 * A host reached by SSH, with strict host keys and root rights. Nothing is connected yet; `connect` throws
 * NF6001 and NF6002 for the host key, NF6003 when it is not reached in time, NF6004 for the login, NF6005 without root.
 */
export function sshHost(name: string, settings: SshSettings, extra: SshExtra = {}): Host {
  const { lab = false, vars = {}, keepaliveMs = 3000 } = extra
  const party = { host: name, hop: name, settings }
  // What once was the only way stays it, so that a connection in a hurry does not try in vain first.
  let learned: Transport | undefined
  const open = async (way: Way): Promise<Shell> => {
    const chosen = learned ?? (await choose(party))
    if (chosen === 'openssh') return openByOpenssh(way)
    try {
      return await openBySsh2(way)
    } catch (error) {
      if (settings.transport === 'ssh2' || !(await mayOpenssh(error, settings))) throw error
      const shell = await openByOpenssh(way)
      learned = 'openssh'
      return shell
    }
  }
  return {
    name,
    lab,
    vars,
    ssh: settings,
    async connect(options = {}) {
      const leave = await admit(settings)
      const deadline = startDeadline(
        options.timeoutMs ?? settings.connectTimeoutMs ?? defaultTimeoutMs,
      )
      const way: Way = { party, secrets: extra.secrets, keepaliveMs, deadline }
      try {
        return await connect(way, await open(way))
      } finally {
        deadline.clear()
        leave()
      }
    },
  }
}

async function connect({ party, secrets, deadline }: Way, shell: Shell): Promise<Connection> {
  const { user, address, port } = party.settings
  try {
    const run = await becomeRoot(shell, { host: party.host, user, secrets, deadline })
    return {
      hostKey: shell.hostKey,
      via: `ssh ${user}@${address}:${port}`,
      run,
      close: () => shell.close(),
    }
  } catch (error) {
    await shell.close()
    throw error
  }
}

/** ssh2 unless the configuration of the host, or of one on the way, has what only the OpenSSH client can do. */
async function choose(party: Party): Promise<Transport> {
  const { settings } = party
  const all = [...settings.jumps.map(({ settings: hop }) => hop), settings]
  const reason = all.find(each => each.onlyOpenssh !== undefined)?.onlyOpenssh
  const why = reason ?? (await whyAuthority(all))
  if (why === undefined || settings.transport === 'openssh') return settings.transport ?? 'ssh2'
  if (settings.transport === undefined) return 'openssh'
  throw unreachable(
    party,
    `${why}, which ssh2 cannot do`,
    'Leave --transport ssh2 away: nicfix then uses the OpenSSH client by itself.',
  )
}

/** A host that only a certificate authority vouches for shows a certificate, which ssh2 cannot check. */
async function whyAuthority(hosts: readonly SshSettings[]): Promise<string | undefined> {
  for (const each of hosts) {
    const line = findAuthority(await readKnownHosts(each), knownAs(each))
    if (line)
      return `a certificate authority vouches for ${each.address} (${line.file}:${line.line})`
  }
  return undefined
}

/** A login that ssh2 failed at may be one that only the OpenSSH client has the means for. */
async function mayOpenssh(error: unknown, settings: SshSettings): Promise<boolean> {
  if (!(error instanceof LoginRefused)) return false
  if (settings.opensshMethods?.some(method => error.methods.includes(method))) return true
  const types = await listAgentTypes(settings.agent)
  return types.some(type => type.startsWith('sk-') || type.includes('-cert-v01@'))
}
