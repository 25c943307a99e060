import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { sourceDir } from './paths.ts'
import type { Release } from './releases.ts'
import { standard } from './releases.ts'

/** A short sha256 over names and contents; the order of the entries does not matter. */
export function digest(entries: ReadonlyMap<string, string | Buffer>): string {
  const hash = createHash('sha256')
  for (const [name, content] of [...entries].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`${name}\0${Buffer.byteLength(content)}\0`).update(content)
  }
  return hash.digest('hex').slice(0, 16)
}

function sources(release: Release, ...names: readonly string[]): Map<string, string | Buffer> {
  const found = new Map<string, string | Buffer>([['release', JSON.stringify(release)]])
  for (const name of names) {
    const path = join(sourceDir, name)
    for (const file of name.includes('.') ? [path] : filesUnder(path)) {
      found.set(relative(sourceDir, file), readFileSync(file))
    }
  }
  return found
}

function filesUnder(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true, recursive: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
}

/** The id of the Debian root with all packages, before it is made a lab host. */
export const rootId = (release = standard): string => digest(sources(release, 'image/root.sh'))

/** The id of the image: of all that goes onto its disk or into its driver packages. */
export function imageId(release = standard): string {
  const made = sources(release, 'image', 'standin', 'drivers.ts', 'e1000e.ts', 'keys.ts')
  return digest(made.set('kernel', rootId()))
}

/** The id of the booted snapshot: what it was booted from, and how. */
export function snapshotId(image: string, howBooted: readonly string[]): string {
  return digest(new Map([['boot', [image, ...howBooted].join('\n')]]))
}
