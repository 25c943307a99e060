import { hostName, waySchema } from '../model/inventory.ts'
import type { Inventory, InventoryHost } from '../model/inventory.ts'
import { problem } from '../problems.ts'
import type { Problem } from '../problems.ts'
import { below } from './below.ts'

type Listing = Readonly<Record<string, unknown>>
type Vars = Readonly<Record<string, unknown>>

const isRecord = (value: unknown): value is Listing =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Is it what `ansible-inventory --list` prints, or a script of Ansible's kind? */
export function isAnsible(data: unknown): data is Listing {
  if (!isRecord(data) || 'nicfix-inventory' in data) return false
  return '_meta' in data || (isRecord(data['all']) && 'children' in data['all'])
}

/**
 * Reads that listing: groups with `hosts` and `children`, and the variables of each host, into which Ansible has merged
 * those of its groups. Of `ansible_*` those count that say how to connect; what nicfix cannot do like that makes the host
 * `unsupported`. Source: docs.ansible.com, "Developing dynamic inventory".
 */
export function readAnsible(
  data: Listing,
  path: string,
): { inventory: Inventory } | { problems: Problem[] } {
  const meta = isRecord(data['_meta']) ? data['_meta']['hostvars'] : undefined
  if (!isRecord(meta)) {
    const next = `ansible-inventory -i ${path} --list >inventory.json, and take that one`
    const details = ['expected   _meta.hostvars: without it each host would have to be asked for']
    const message = `the inventory ${path} does not say what its hosts are`
    return { problems: [problem('NF1031', message, next, { details })] }
  }
  const groups = new Map<string, readonly string[]>()
  for (const name of Object.keys(data)) {
    if (name !== '_meta') groups.set(name, membersOf(data, name))
  }
  const names = new Set([...Object.keys(meta), ...[...groups.values()].flat()])
  const varsOf = (name: string): Vars => (isRecord(meta[name]) ? meta[name] : {})
  const hosts = new Map([...names].map(name => [name, readHost(name, varsOf(name))]))
  return { inventory: { path, hosts, groups: groups.set('all', [...names]) } }
}

/** Hosts of a group and of those below it. */
function membersOf(data: Listing, name: string): string[] {
  const groups = below(name, each => readGroup(data, each).children)
  return [...new Set(groups.flatMap(each => readGroup(data, each).hosts))]
}

// The old form of a group is the bare list of its hosts.
function readGroup(data: Listing, name: string): { hosts: string[]; children: string[] } {
  const group = Object.hasOwn(data, name) ? data[name] : undefined
  if (Array.isArray(group)) return { hosts: namesIn(group), children: [] }
  return isRecord(group)
    ? { hosts: namesIn(group['hosts']), children: namesIn(group['children']) }
    : { hosts: [], children: [] }
}

const namesIn = (value: unknown): string[] =>
  Array.isArray(value)
    ? value.filter(each => ['string', 'number'].includes(typeof each)).map(String)
    : []

function readHost(name: string, vars: Vars): InventoryHost {
  const text = (key: string) => {
    const value = vars[key]
    return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
  }
  const port = Number(text('ansible_port') ?? text('ansible_ssh_port') ?? Number.NaN)
  const { jump, rest } = readArguments(
    [text('ansible_ssh_common_args'), text('ansible_ssh_extra_args')].join(' '),
  )
  const connection = text('ansible_connection') ?? 'ssh'
  const way = {
    address: text('ansible_host') ?? text('ansible_ssh_host'),
    user: text('ansible_user') ?? text('ansible_ssh_user'),
    port: Number.isInteger(port) ? port : undefined,
    key: text('ansible_ssh_private_key_file') ?? text('ansible_private_key_file'),
    jump,
  }
  // Whatever goes to ssh must not be taken for an option of it.
  const odd = waySchema.safeParse(way).error?.issues.map(({ path: [key] }) => String(key)) ?? []
  const why = [
    ...[...(hostName.safeParse(name).success ? [] : ['name']), ...odd].map(
      each => `ssh would not take its ${each}`,
    ),
    ...(['ssh', 'smart', 'paramiko', 'paramiko_ssh', 'local'].includes(connection)
      ? []
      : [`ansible_connection is ${connection}`]),
    ...(rest === '' ? [] : [`ssh arguments that nicfix does not take: ${rest}`]),
    ...unlessIs('ansible_become_method', text('ansible_become_method'), 'sudo'),
    ...unlessIs('ansible_become_user', text('ansible_become_user'), 'root'),
  ]
  return {
    name,
    ...way,
    vars: plainOf(vars),
    ...(connection === 'local' && { local: true }),
    ...(why.length > 0 && { unsupported: why.join('; ') }),
  }
}

const unlessIs = (key: string, value: string | undefined, only: string) =>
  value === undefined || value === only ? [] : [`${key} is ${value}`]

/** `-J host` and `-o ProxyJump=host` are what these are mostly used for. */
function readArguments(text: string): { jump: string | undefined; rest: string } {
  const pattern = /(?:^|\s)(?:-J\s*|-o\s*["']?ProxyJump[= ]\s*)["']?([^\s"']+)["']?/
  const jump = pattern.exec(text)?.[1]
  return { jump, rest: text.replace(pattern, ' ').trim() }
}

/** Values that a playbook's variable can have. Encrypted ones stay closed: where one is needed, it has no value. */
function plainOf(vars: Vars): Record<string, string> {
  const plain = Object.entries(vars).filter(
    ([name, value]) =>
      !name.startsWith('ansible_') && ['string', 'number', 'boolean'].includes(typeof value),
  )
  return Object.fromEntries(plain.map(([name, value]) => [name, String(value)]))
}
