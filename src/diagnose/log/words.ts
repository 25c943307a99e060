/** Finds which of many words are in a piece of bytes, in one pass and whatever their number: Aho and Corasick, 1975. */
export type Words = {
  /** The place of the last byte of the first word at or after `from`, and before `end`; -1 where there is none. */
  next(bytes: Uint8Array, from: number, end: number): number
  /** All words in that part, each once, in their order. */
  all(bytes: Uint8Array, from: number, end: number): string[]
}

type Node = { readonly steps: Map<number, number>; fallback: number; words: string[] }

/** @param words of ASCII, none empty. */
export function prepareWords(words: readonly string[]): Words {
  const nodes = growTree(words)
  const order = linkFallbacks(nodes)
  // States in which a word has ended get the highest numbers: one comparison tells them.
  const silent = order.filter(at => nodes[at]!.words.length === 0)
  const loud = order.filter(at => nodes[at]!.words.length > 0)
  const numbers = new Map([...silent, ...loud].map((at, number) => [at, number]))
  const { classes, width } = classify(nodes)
  // What a state leads to stands in one row of the table, as the place where that state's own row begins.
  const table = new Uint32Array(nodes.length * width)
  for (const at of order) {
    const row = numbers.get(at)! * width
    const { fallback, steps } = nodes[at]!
    const other = numbers.get(fallback)! * width
    if (at !== 0) table.copyWithin(row, other, other + width)
    for (const [byte, to] of steps) table[row + classes[byte]!] = numbers.get(to)! * width
  }
  const first = silent.length * width
  const found = loud.map(at => nodes[at]!.words)

  return {
    next(bytes, from, end) {
      let state = 0
      for (let at = from; at < end; at += 1) {
        state = table[state + classes[bytes[at]!]!]!
        if (state >= first) return at
      }
      return -1
    },
    all(bytes, from, end) {
      const all: string[] = []
      let state = 0
      for (let at = from; at < end; at += 1) {
        state = table[state + classes[bytes[at]!]!]!
        if (state < first) continue
        for (const word of found[(state - first) / width]!) if (!all.includes(word)) all.push(word)
      }
      return all
    },
  }
}

/** Bytes that are in no word are all alike: the table is a third as large, and stays in the processor's cache. */
function classify(nodes: readonly Node[]): { classes: Uint8Array; width: number } {
  const classes = new Uint8Array(256)
  let width = 1
  for (const { steps } of nodes) {
    for (const byte of steps.keys()) {
      if (classes[byte] !== 0) continue
      classes[byte] = width
      width += 1
    }
  }
  return { classes, width }
}

function growTree(words: readonly string[]): Node[] {
  const nodes: Node[] = [{ steps: new Map(), fallback: 0, words: [] }]
  for (const word of new Set(words)) {
    let at = 0
    for (const byte of Buffer.from(word, 'latin1')) {
      const to =
        nodes[at]!.steps.get(byte) ?? nodes.push({ steps: new Map(), fallback: 0, words: [] }) - 1
      nodes[at]!.steps.set(byte, to)
      at = to
    }
    nodes[at]!.words.push(word)
  }
  return nodes
}

/** Where to go on when a word breaks off: the longest end of it that begins another. Returns the nodes, near ones first. */
function linkFallbacks(nodes: readonly Node[]): number[] {
  const order = [0]
  for (let turn = 0; turn < order.length; turn += 1) {
    const at = order[turn]!
    for (const [byte, to] of nodes[at]!.steps) {
      order.push(to)
      let back = nodes[at]!.fallback
      while (back !== 0 && !nodes[back]!.steps.has(byte)) back = nodes[back]!.fallback
      const target = at === 0 ? 0 : (nodes[back]!.steps.get(byte) ?? 0)
      const node = nodes[to]!
      node.fallback = target
      node.words = [...node.words, ...nodes[target]!.words]
    }
  }
  return order
}
