import { lookup } from 'node:dns/promises'
import { findLabHost, labHostNames, sshArguments, type LabHost } from '../lab/lab.ts'
import { problem, Trouble } from '../problems.ts'
import { readSettings, type LookupOptions } from '../remote/config.ts'
import type { Host } from '../remote/host.ts'
import { localHost } from '../remote/local.ts'
import type { Secrets } from '../remote/secrets.ts'
import type { SshSettings } from '../remote/settings.ts'
import { sshHost } from '../remote/ssh.ts'
import { inTurns } from './settle.ts'

/** How hosts are looked up, and who may be asked when one is connected to. */
export type ResolveOptions = LookupOptions & { readonly secrets?: Secrets }

/** What this needs to know of the lab. */
export type Lab = {
  findLabHost(name: string): LabHost | undefined
  labHostNames(): readonly string[]
}

/**
 * Turns the names of the command line into hosts, each once, without connecting to any.
 * @throws {Trouble} NF6006 for all names at once that are missing, malformed, ambiguous or not up in the lab.
 */
export async function resolveHosts(
  names: readonly string[],
  options: ResolveOptions = {},
  lab: Lab = { findLabHost, labHostNames },
): Promise<Host[]> {
  if (names.length === 0)
    throw refuse('No host was named.', 'Name one or more: --host h1 --host user@h2.example')
  const wrong = names.flatMap(name => findFault(name) ?? [])
  if (wrong.length > 0) throw new Trouble(...wrong.flatMap(each => each.problems))
  return allOf([...new Set(names)], name => resolveHost(name, options, lab))
}

/** `ssh -G` for each of them at once would be a process for each of them at once. */
const lookupsAtOnce = 20

/** What is made of each, if all goes well. @throws {Trouble} with the problems of all */
export async function allOf<Item, Made>(
  items: readonly Item[],
  make: (item: Item) => Promise<Made>,
): Promise<Made[]> {
  const results = await inTurns(items, lookupsAtOnce, make)
  const failures = results.flatMap(each =>
    each.status === 'rejected' ? [each.reason as Error] : [],
  )
  const strange = failures.find(error => !(error instanceof Trouble))
  if (strange) throw strange
  if (failures.length > 0)
    throw new Trouble(...failures.flatMap(error => (error as Trouble).problems))
  return results.flatMap(each => (each.status === 'fulfilled' ? [each.value] : []))
}

async function resolveHost(name: string, options: ResolveOptions, lab: Lab): Promise<Host> {
  const { secrets } = options
  if (name === 'localhost') return localHost(secrets)
  const labHost = lab.findLabHost(name)
  if (labHost) {
    await refuseAmbiguous(name, options)
    const { transport } = options
    const settings = { ...labSettings(labHost), ...(transport && { transport }) }
    return sshHost(name, settings, { lab: true, vars: labHost.vars })
  }
  const settings = await readSettings(name, options)
  if (lab.labHostNames().includes(name) && !(await isReal(name, settings)))
    throw refuse(
      `${name} is a host of the lab and is not up.`,
      `Start it: nicfix lab up ${name}`,
      name,
    )
  return sshHost(name, settings, { secrets })
}

function labSettings(host: LabHost): SshSettings {
  const { address, port, user, keyFile, knownHostsFile } = host
  return {
    address,
    port,
    user,
    keyFiles: [keyFile],
    identitiesOnly: true,
    knownHostsFiles: [knownHostsFile],
    strictness: 'yes',
    jumps: [],
    login: ['ssh', ...sshArguments(host)],
  }
}

/** A lab name that is also somebody's server must never be guessed right. */
async function refuseAmbiguous(name: string, options: LookupOptions): Promise<void> {
  // Without a working ssh configuration there is no alias to be mistaken for.
  const settings = await readSettings(name, options).catch(() => undefined)
  if (settings === undefined || !isAlias(name, settings)) return
  throw refuse(
    `${name} is a host of the lab and also a host of your ssh configuration (${settings.address}).`,
    `Say which: nicfix lab down ${name}, or name the other one by its address: --host ${settings.address}`,
    name,
  )
}

function isAlias(name: string, { address, jumps, hasProxyCommand }: SshSettings): boolean {
  const isOther = address.toLowerCase() !== name.toLowerCase()
  return isOther || jumps.length > 0 || hasProxyCommand === true
}

async function isReal(name: string, settings: SshSettings): Promise<boolean> {
  if (isAlias(name, settings)) return true
  return lookup(settings.address).then(
    () => true,
    () => false,
  )
}

/** Names reach the argv of ssh, so nothing passes that could be an option or a command. */
function findFault(name: string): Trouble | undefined {
  if (name.startsWith('-') || !/^[A-Za-z0-9._:@%-]+$/.test(name) || /@-|@$|^@/.test(name))
    return refuse(
      `${JSON.stringify(name)} is not a host name.`,
      'A host is named as ssh would: h1, h1.example, user@h1 or an address.',
      name,
    )
  if (/^[^:]+:\d*$/.test(name))
    return refuse(
      `${name} has a port in it, which ssh would take for part of the name.`,
      'Put the port into ~/.ssh/config: Host, HostName, Port.',
      name,
    )
  return undefined
}

function refuse(message: string, next: string, host?: string): Trouble {
  return new Trouble(problem('NF6006', message, next, host === undefined ? {} : { host }))
}
