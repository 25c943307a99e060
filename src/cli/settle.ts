import type { Problem } from '../problems.ts'
import type { Host } from '../remote/host.ts'
import { problemsOf } from '../run/said.ts'

/** Waits for what is done with each host, in their order. What went wrong with one carries its name; the others are fine. */
export async function settle<Done>(
  hosts: readonly Pick<Host, 'name'>[],
  work: readonly Promise<Done>[],
): Promise<{ done: Done[]; problems: Problem[] }> {
  const results = await Promise.allSettled(work)
  const done = results.flatMap(each => (each.status === 'fulfilled' ? [each.value] : []))
  const problems = results.flatMap((each, at) => {
    if (each.status === 'fulfilled') return []
    return problemsOf(each.reason).map(one => ({ host: hosts[at]?.name ?? '', ...one }))
  })
  return { done, problems }
}
