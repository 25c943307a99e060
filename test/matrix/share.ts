const wanted = process.env['NICFIX_MATRIX'] ?? ''

/**
 * The share of the points that one run tries: every `stride`-th from `offset` on, evenly over the whole scenario.
 * NICFIX_MATRIX=full tries all of them (hours), NICFIX_MATRIX=quick a few (a minute).
 */
export function pick<Item>(items: readonly Item[], stride: number, offset: number): Item[] {
  const step = wanted === 'full' ? 1 : wanted === 'quick' ? stride * 12 : stride
  return items.filter((_, index) => index % step === offset % step)
}
