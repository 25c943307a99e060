import type { Problem } from '../problems.ts'
import type { Host } from '../remote/host.ts'
import { problemsOf } from '../run/said.ts'
import { withLittleGarbage } from './memory.ts'
import type { AtOnce } from './options.ts'

/** Does the work of each, in their order, with that many at a time. What goes wrong with one stops no other. */
export function inTurns<Item, Done>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<Done>,
): Promise<PromiseSettledResult<Done>[]> {
  const waiting = items.entries()
  const results: PromiseSettledResult<Done>[] = []
  const takeTurns = async () => {
    for (const [at, item] of waiting) [results[at]] = await Promise.allSettled([work(item)])
  }
  const rows = Math.min(atOnce, items.length)
  const all = Promise.all(Array.from({ length: rows }, takeTurns)).then(() => results)
  return rows > 1 ? withLittleGarbage(all) : all
}

/**
 * Waits for what is done with each host, `concurrency` at a time; results are in the order of the hosts. What went wrong
 * with one carries its name; the others are fine.
 */
export async function settle<Whose extends Pick<Host, 'name'>, Done>(
  hosts: readonly Whose[],
  { concurrency }: AtOnce,
  work: (host: Whose) => Promise<Done>,
): Promise<{ done: Done[]; problems: Problem[] }> {
  const results = await inTurns(hosts, concurrency, work)
  const done = results.flatMap(each => (each.status === 'fulfilled' ? [each.value] : []))
  const problems = results.flatMap((each, at) => {
    if (each.status === 'fulfilled') return []
    return problemsOf(each.reason).map(one => ({ host: hosts[at]?.name ?? '', ...one }))
  })
  return { done, problems }
}
