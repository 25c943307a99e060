import { matchesGlob } from 'node:path'
import type { Inventory, InventoryHost } from '../model/inventory.ts'
import { guessWord } from '../playbook/typo.ts'
import { problem, Trouble } from '../problems.ts'

/**
 * The hosts that are meant: by name, by group (`all` is one) or by a pattern such as `web*`, in the order of the
 * inventory. `limit` takes from those, and never adds one.
 * @throws {Trouble} NF6006 for every word that no host or group has, and where nothing is left.
 */
export function chooseHosts(
  inventory: Inventory,
  wanted: readonly string[],
  limit: readonly string[],
): InventoryHost[] {
  const found = new Map([...wanted, ...limit].map(word => [word, find(inventory, word)]))
  const missing = [...wanted, ...limit].filter(word => found.get(word)?.length === 0)
  if (missing.length > 0) throw new Trouble(...missing.map(word => unknown(inventory, word)))
  const hostsOf = (words: readonly string[]) =>
    new Set(words.flatMap(word => found.get(word) ?? []))
  const [meant, left] = [hostsOf(wanted), hostsOf(limit)]
  const chosen = [...inventory.hosts.values()].filter(
    ({ name }) => meant.has(name) && (limit.length === 0 || left.has(name)),
  )
  if (chosen.length > 0) return chosen
  const message = `no host of ${inventory.path} is in both: ${wanted.join(' ')} and --limit ${limit.join(' ')}`
  throw new Trouble(problem('NF6006', message, 'name other ones'))
}

function find({ hosts, groups }: Inventory, word: string): readonly string[] {
  if (hosts.has(word)) return [word]
  const group = groups.get(word)
  if (group) return group
  if (!/[*?[]/.test(word)) return []
  return [...hosts.keys()].filter(name => matchesGlob(name, word))
}

function unknown({ path, hosts, groups }: Inventory, word: string) {
  const names = [...hosts.keys(), ...groups.keys()]
  const guess = guessWord(word, names)
  const details = [
    ...(guess === undefined ? [] : [`did you mean "${guess}"?`]),
    `groups: ${[...groups.keys()].join(', ')}`,
  ]
  const next = 'name a host or a group of it, or leave --inventory away'
  return problem('NF6006', `${path} has no host or group ${word}`, next, { details })
}
