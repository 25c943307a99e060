import { accessSync, constants } from 'node:fs'
import { extname, resolve } from 'node:path'
import { chooseHosts } from '../inventory/choose.ts'
import { loadInventory } from '../inventory/load.ts'
import type { Inventory, InventoryHost } from '../model/inventory.ts'
import { problem, Trouble } from '../problems.ts'
import { readSettings } from '../remote/config.ts'
import type { Host } from '../remote/host.ts'
import { localHost } from '../remote/local.ts'
import { readProgram } from '../remote/program.ts'
import { sshHost } from '../remote/ssh.ts'
import { readSmallFile } from '../small-file.ts'
import type { Kind } from '../small-file.ts'
import { allOf, resolveHosts } from './hosts.ts'
import { lookupOf } from './options.ts'
import { secretsOf } from './secrets.ts'
import type { HostOptions } from './options.ts'

/**
 * The hosts that a command is for: of the inventory where there is one, else as ssh and the lab know them. Nothing is
 * connected to.
 * @throws {Trouble} NF103x for the inventory, NF6006 for names that nobody has
 */
export async function findHosts(
  options: HostOptions,
  names: readonly string[] = options.host,
): Promise<Host[]> {
  const { inventory: path, limit } = options
  if (path === undefined) {
    const secrets = secretsOf(options.sudoPasswordFile)
    if (limit.length === 0) return resolveHosts(names, { ...lookupOf(options), secrets })
    const next = 'name an --inventory, or the hosts themselves with --host'
    throw new Trouble(problem('NF6006', '--limit is about hosts of an inventory', next))
  }
  const inventory = await readInventory(path)
  if (names.length === 0) {
    const next = '--host all, or a host or a group of the inventory'
    throw new Trouble(problem('NF6006', 'No host was named.', next))
  }
  const chosen = chooseHosts(inventory, names, limit)
  const odd = chosen.flatMap(host => tellUnsupported(host, path))
  if (odd.length > 0) throw new Trouble(...odd)
  return allOf(chosen, host => toHost(host, options))
}

async function toHost(entry: InventoryHost, options: HostOptions): Promise<Host> {
  const { name, address = name, port, key, jump } = entry
  const vars = { '*': entry.vars }
  const secrets = secretsOf(options.sudoPasswordFile)
  if (entry.local) return { ...localHost(secrets), name, vars }
  const settings = await readSettings(address, {
    ...lookupOf(options),
    user: options.user ?? entry.user,
    port: port === undefined ? undefined : String(port),
    key,
    jump,
  })
  return sshHost(name, settings, { vars, secrets })
}

function tellUnsupported({ name, unsupported }: InventoryHost, path: string) {
  if (unsupported === undefined) return []
  const next = 'say it in ~/.ssh/config instead, or leave the host out with --limit'
  return [problem('NF6006', `${name} of ${path}: ${unsupported}`, next, { host: name })]
}

/** @throws {Trouble} NF1030 when it cannot be read, NF1002 to NF1031 for what is wrong in it */
export async function readInventory(path: string): Promise<Inventory> {
  const text = isProgram(path) ? await listOf(path) : readBytes(path)
  const result = loadInventory(text, path === '-' ? 'standard input' : path)
  if ('problems' in result) throw new Trouble(...result.problems)
  return result.inventory
}

/** As Ansible has it: a file that may be run is asked, one that is written is read. */
function isProgram(path: string): boolean {
  if (path === '-' || /^\.(ya?ml|json)$/.test(extname(path))) return false
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

async function listOf(path: string): Promise<string> {
  const ran = await readProgram(resolve(path), ['--list'])
  if ('text' in ran) return ran.text
  throw unreadable(path, ran.why)
}

export const inventoryFile: Kind = {
  what: 'an inventory',
  mostBytes: 16 * 1024 * 1024,
  mayBePiped: true,
}

function readBytes(path: string): string {
  const read = readSmallFile(path, inventoryFile)
  if ('why' in read) throw unreadable(path, read.why)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(read.bytes)
  } catch {
    throw unreadable(path, 'it is not UTF-8 text')
  }
}

function unreadable(path: string, why: string): Trouble {
  const next = 'nicfix explain NF1030'
  return new Trouble(problem('NF1030', `cannot read the inventory ${path}: ${why}`, next))
}
