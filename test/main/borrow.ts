import { createHash } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { labHostNames } from '../../src/lab/lab.ts'
import { isGone, myName, withLock } from '../../src/lab/lock.ts'
import { cacheDir } from '../../src/lab/paths.ts'
import { sayNothing } from '../../src/lab/progress.ts'
import { standard } from '../../src/lab/releases.ts'
import { releaseOf, topologyOf } from '../../src/lab/topology.ts'

// One table of borrowers per lab, seen by every process of this machine.
const key = createHash('sha256').update(cacheDir()).digest('hex').slice(0, 12)
const table = join(tmpdir(), `nicfix-lab-${key}`)
const placeOf = (host: string) => join(table, host)
const ownerOf = (host: string) => join(placeOf(host), 'pid')

/**
 * Waits for a lab host that no other test file has, and keeps it until it is returned.
 * @throws where the lab has none of that kind: it would be waited for without an end.
 */
export async function borrowHost(topology?: string, release?: string): Promise<string> {
  const fitting = listFitting(topology, release)
  if (fitting.length === 0) throw new Error(`the lab has no host with ${topology}, ${release}`)
  for (;;) {
    const host = await withLock(join(table, 'lock'), sayNothing, () => takeFree(fitting))
    if (host !== undefined) return host
    await sleep(500)
  }
}

export async function returnHost(host: string): Promise<void> {
  await rm(placeOf(host), { recursive: true, force: true })
}

/** The hosts of that kind. The last one first: people who try things by hand begin with h1. */
export const listFitting = (topology = 'two-ports', release: string = standard.name): string[] =>
  labHostNames()
    .filter(host => topologyOf(host)?.name === topology && releaseOf(host)?.name === release)
    .toReversed()

async function takeFree(fitting: readonly string[]): Promise<string | undefined> {
  for (const host of fitting) {
    if (await isOrphaned(host)) await returnHost(host)
    if (!(await take(host))) continue
    await writeFile(ownerOf(host), myName())
    return host
  }
  return undefined
}

async function take(host: string): Promise<boolean> {
  try {
    await mkdir(placeOf(host))
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** Whoever is named as its borrower is dead, or died before it had written its name. */
async function isOrphaned(host: string): Promise<boolean> {
  return isGone(await readFile(ownerOf(host), 'utf8').catch(() => ''))
}
