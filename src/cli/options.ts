import { Command, InvalidArgumentError } from 'commander'
import { parse } from 'yaml'
import type { Risk } from '../model/playbook.ts'
import { problem, Trouble } from '../problems.ts'
import type { LookupOptions } from '../remote/config.ts'
import { readSmallFile } from '../small-file.ts'
import { toJson } from '../report/json.ts'
import type { Transport } from '../remote/settings.ts'

/** Hosts at a time. */
export type AtOnce = { readonly concurrency: number }

/** Options that every command with hosts has. */
export type HostOptions = {
  readonly host: readonly string[]
  readonly sshConfig?: string
  readonly user?: string
  readonly transport?: Transport
  readonly sudoPasswordFile?: string
  readonly json?: boolean
  readonly inventory?: string
  readonly limit: readonly string[]
} & AtOnce

/** Options that every command with a playbook has. */
export type PlaybookOptions = {
  readonly env: Readonly<Record<string, string>>
  readonly acceptRisk?: readonly Risk[]
}

function collectHosts(value: string, before: readonly string[]): string[] {
  const names = value.split(',').map(each => each.trim())
  if (names.includes('')) throw new InvalidArgumentError('a host name is missing')
  return [...before, ...names]
}

function collectValues(
  value: string,
  before: Readonly<Record<string, string>>,
): Record<string, string> {
  if (value.startsWith('@')) return { ...before, ...readValues(value.slice(1)) }
  const at = value.indexOf('=')
  if (at < 1) throw refuse(`${JSON.stringify(value)} is not name=value`)
  return { ...before, [value.slice(0, at)]: value.slice(at + 1) }
}

const mebibyte = 1024 * 1024

/** A map of names and values in YAML or JSON. Each value is the text that is written there: 2.10 stays 2.10. */
function readValues(path: string): Record<string, string> {
  const read = readSmallFile(path, { what: 'such a file', mostBytes: mebibyte, mayBePiped: true })
  if ('why' in read) throw refuse(`the values in ${path} cannot be read: ${read.why}`)
  let data: unknown
  try {
    data = parse(read.bytes.toString('utf8'), { schema: 'failsafe' })
  } catch (error) {
    const [why] = (error instanceof Error ? error.message : String(error)).split('\n')
    throw refuse(`the values in ${path} cannot be read: ${why}`)
  }
  if (data === null || typeof data !== 'object' || Array.isArray(data))
    throw refuse(`${path} is not a map of names and values`)
  const entries = Object.entries(data as Record<string, unknown>)
  const odd = entries.find(([, each]) => typeof each !== 'string')
  if (odd) throw refuse(`the value of ${odd[0]} in ${path} is not a single one`)
  return Object.fromEntries(entries) as Record<string, string>
}

function refuse(message: string): Trouble {
  return new Trouble(problem('NF1012', message, 'write it as -e name=value, or -e @FILE'))
}

function readTransport(value: string): Transport {
  if (value === 'ssh2' || value === 'openssh') return value
  throw new InvalidArgumentError('ssh2 or openssh')
}

const mostAtOnce = 1000

function readConcurrency(value: string): number {
  const count = /^\d{1,4}$/.test(value) ? Number(value) : 0
  if (count >= 1 && count <= mostAtOnce) return count
  throw new InvalidArgumentError(`a number from 1 to ${mostAtOnce}`)
}

/** Adds -H, -u and the other options that say how hosts are reached, and --json. */
export function withHosts(command: Command): Command {
  return command
    .option(
      '-H, --host <name>',
      'host, or group of the inventory; may be repeated or a comma list',
      collectHosts,
      [],
    )
    .option('-i, --inventory <file>', 'hosts and groups: YAML, JSON of Ansible, a program, or -')
    .option('-l, --limit <name>', 'of these only the ones that are also here', collectHosts, [])
    .option('-u, --user <name>', 'user to log in as')
    .option('--ssh-config <file>', 'instead of ~/.ssh/config')
    .option('--transport <name>', 'ssh2 or openssh (default: ssh2 where it can)', readTransport)
    .option('--sudo-password-file <file>', 'its first line is what sudo wants on the hosts')
    .option('-j, --concurrency <n>', 'hosts at a time', readConcurrency, 20)
    .option('--json', 'JSON on standard output')
}

/** Adds --keep-going. */
export function withKeepGoing(command: Command): Command {
  return command.option('--keep-going', 'begin with other hosts although one did not end well')
}

/** Adds -e. */
export function withValues(command: Command): Command {
  const about = 'value of a playbook variable, or @FILE with several; later ones win'
  return command.option('-e, --env <key=value>', about, collectValues, {})
}

/** The part of the options that resolving hosts takes. */
export function lookupOf({ sshConfig, user, transport }: HostOptions): LookupOptions {
  return { sshConfig, user, transport }
}

export const print = (text: string): void => {
  process.stdout.write(`${text}\n`)
}

export const printJson = (value: unknown): void => print(toJson(value, 2))

export const tell = (text: string): void => {
  process.stderr.write(`${text}\n`)
}
