/** A small generator (mulberry32): the same seed gives the same run of cuts. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** One of the keys, each as likely as its weight says. */
export function pickWeighted<Key extends string>(
  random: () => number,
  weights: Readonly<Record<Key, number>>,
): Key {
  const entries = Object.entries(weights) as [Key, number][]
  const sum = entries.reduce((all, [, weight]) => all + weight, 0)
  let at = random() * sum
  const found = entries.find(([, weight]) => (at -= weight) < 0) ?? entries.at(-1)
  if (!found) throw new Error('nothing to pick from')
  return found[0]
}

export function pick<Item>(random: () => number, items: readonly Item[]): Item {
  const item = items[Math.floor(random() * items.length)]
  if (item === undefined) throw new Error('nothing to pick from')
  return item
}
