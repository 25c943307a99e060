/**
 * Finds the allowed word that was probably meant, or undefined when none is near.
 * Near is two slips at the most, and fewer than half of the letters; swapped neighbours are one slip.
 */
export function guessWord(written: string, allowed: readonly string[]): string | undefined {
  const near = allowed
    // Each letter more is a slip: a key of a megabyte is compared with nothing.
    .filter(word => Math.abs(word.length - written.length) <= 2)
    .map(word => ({ word, slips: countSlips(written.toLowerCase(), word.toLowerCase()) }))
    .filter(each => each.slips <= 2 && each.slips * 2 < Math.max(written.length, each.word.length))
  return near.toSorted((a, b) => a.slips - b.slips)[0]?.word
}

/** Counts the letters to add, drop, change or swap with their neighbour to get from one word to the other. */
export function countSlips(from: string, to: string): number {
  const rows: number[][] = [Array.from({ length: to.length + 1 }, (_, column) => column)]
  const at = (row: number, column: number): number => rows[row]?.[column] ?? Infinity
  for (let row = 1; row <= from.length; row++) {
    const costs = [row]
    rows.push(costs)
    for (let column = 1; column <= to.length; column++) {
      const change = at(row - 1, column - 1) + (from[row - 1] === to[column - 1] ? 0 : 1)
      const swapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      const swap = swapped ? at(row - 2, column - 2) + 1 : Infinity
      costs.push(Math.min(change, at(row - 1, column) + 1, at(row, column - 1) + 1, swap))
    }
  }
  return at(from.length, to.length)
}
