import { inventorySchema } from '../model/inventory.ts'
import type { Inventory, InventoryFile, InventoryHost } from '../model/inventory.ts'
import { problem } from '../problems.ts'
import type { Problem } from '../problems.ts'
import type { Complaint } from '../playbook/complaint.ts'
import { describeIssues } from '../playbook/describe.ts'
import { tellAll } from '../playbook/load.ts'
import { parseYaml } from '../playbook/parse.ts'
import type { Path } from '../playbook/substitute.ts'
import { isAnsible, readAnsible } from './ansible.ts'
import { below } from './below.ts'

/**
 * Makes an inventory of its text: our own YAML, or what `ansible-inventory --list` prints. Everything that is wrong is
 * told at once (NF1002, NF1003, NF1007, NF1031), or that it is too large (NF1030). Pure: what is read is given.
 */
export function loadInventory(
  text: string,
  path: string,
): { inventory: Inventory } | { problems: Problem[] } {
  // JSON is YAML, too; but a listing of all that Ansible knows is large, and its reader is a hundred times as fast.
  const listing = readJson(text)
  if (isAnsible(listing)) return readAnsible(listing, path)
  if (text.length > mostYaml) return { problems: [tellTooLarge(path)] }
  const parsed = parseYaml(text, path, 'inventory')
  if ('problems' in parsed) return parsed
  const { source, data } = parsed
  if (isAnsible(data)) return readAnsible(data, path)
  const checked = inventorySchema.safeParse(data)
  const complaints = checked.success
    ? checkFit(checked.data)
    : describeIssues(checked.error.issues, { schema: inventorySchema, data, what: 'an inventory' })
  if (!checked.success || complaints.length > 0) return { problems: tellAll(complaints, source) }
  return { inventory: merge(checked.data, path) }
}

/** More than ten thousand hosts. Each character of YAML takes hundreds of bytes while it is read. */
const mostYaml = 1024 * 1024

function tellTooLarge(path: string): Problem {
  const message = `cannot read the inventory ${path}: it has more than 1 MiB of YAML`
  return problem('NF1030', message, 'divide it, or take the JSON of: ansible-inventory --list')
}

function readJson(text: string): unknown {
  try {
    return text.trimStart().startsWith('{') ? JSON.parse(text) : null
  } catch {
    return null
  }
}

type Groups = InventoryFile['groups']

const groupsBelow = (groups: Groups, name: string): string[] =>
  below(name, each => groups[each]?.groups ?? [])

type Group = {
  readonly name: string
  readonly below: readonly string[]
  readonly hosts: Set<string>
}

/** Outer groups first: what contains another one has more below it. */
function unfold(groups: Groups): Group[] {
  const all = Object.keys(groups).map(name => {
    const parts = groupsBelow(groups, name)
    return { name, below: parts, hosts: new Set(parts.flatMap(each => groups[each]?.hosts ?? [])) }
  })
  return all.toSorted((a, b) => b.below.length - a.below.length)
}

function merge({ hosts, groups, vars }: InventoryFile, path: string): Inventory {
  const unfolded = unfold(groups)
  const members = new Map(unfolded.map(group => [group.name, [...group.hosts]]))
  const merged = Object.entries(hosts).map(([name, own]): [string, InventoryHost] => {
    const said = unfolded.flatMap(group =>
      group.hosts.has(name) ? Object.entries(groups[group.name]?.vars ?? {}) : [],
    )
    return [name, { name, ...own, vars: { ...vars, ...Object.fromEntries(said), ...own?.vars } }]
  })
  return { path, hosts: new Map(merged), groups: members.set('all', Object.keys(hosts)) }
}

/** What the schema cannot see: names that nobody has, circles, two groups that say different things of one host. */
function checkFit(file: InventoryFile): Complaint[] {
  const { hosts, groups } = file
  const names = Object.keys(groups)
  const strangers = names.flatMap(name => [
    ...checkNames(groups[name]?.hosts ?? [], Object.keys(hosts), ['groups', name, 'hosts'], 'host'),
    ...checkNames(groups[name]?.groups ?? [], names, ['groups', name, 'groups'], 'group'),
  ])
  const reserved = names
    .filter(name => name === 'all' || Object.hasOwn(hosts, name))
    .map(name =>
      misfit(
        name === 'all'
          ? 'the group "all" is there by itself'
          : `"${name}" is the name of a host and of a group`,
        ['groups', name],
      ),
    )
  const circles = names
    .filter(name =>
      (groups[name]?.groups ?? []).some(part => groupsBelow(groups, part).includes(name)),
    )
    .map(name => misfit(`the group "${name}" is a part of itself`, ['groups', name, 'groups']))
  // Where a group is part of itself nobody is the inner one.
  if (circles.length > 0) return [...strangers, ...reserved, circles[0]!]
  return [...strangers, ...reserved, ...checkConflicts(file)]
}

function checkNames(
  listed: readonly string[],
  allowed: readonly string[],
  path: Path,
  what: string,
): Complaint[] {
  const unknown = [...listed.entries()].filter(([, name]) => !allowed.includes(name))
  return unknown.map(([index, written]) => ({
    ...misfit(`there is no ${what} "${written}" in this inventory`, [...path, index]),
    written,
    allowed,
  }))
}

/** The inner group wins over the outer one; of two that are not within each other nobody can say who does. */
function checkConflicts({ hosts, groups }: InventoryFile): Complaint[] {
  const told = new Set<string>()
  const unfolded = unfold(groups)
  return Object.keys(hosts).flatMap(host => {
    const of = unfolded.filter(group => group.hosts.has(host))
    const keys = new Set(of.flatMap(({ name }) => Object.keys(groups[name]?.vars ?? {})))
    return [...keys].flatMap(key => {
      if (hosts[host]?.vars?.[key] !== undefined) return []
      const saying = of.filter(({ name }) => groups[name]?.vars?.[key] !== undefined)
      const isInner = (group: Group) =>
        !saying.some(other => other !== group && group.below.includes(other.name))
      const inner = saying.filter(isInner).map(({ name }) => name)
      const [one, other] = inner
      if (!one || !other || new Set(inner.map(name => groups[name]?.vars?.[key])).size < 2)
        return []
      const pair = [key, one, other].join(' ')
      if (told.has(pair)) return []
      told.add(pair)
      const message = `${host} is in "${one}" and in "${other}", which say different things of "${key}"`
      const says = (name: string) => `${name}: ${groups[name]?.vars?.[key]}`
      const next = `give ${host} a value of its own`
      return [
        { ...misfit(message, ['groups', other, 'vars', key], [says(one), says(other)]), next },
      ]
    })
  })
}

function misfit(message: string, path: Path, details: readonly string[] = []): Complaint {
  return { code: 'NF1031', message, path, details }
}
