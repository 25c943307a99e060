import { createHash } from 'node:crypto'
import type { Disk } from '../host/sim/disk.ts'

// What recovery never reads, or only while the boot lasts that it is of.
const forPeople = /\/tx\/[^/]+\/(out|phase|deadline|c\/\d+\/build(\.log|\/.*))$/
// What is not yet staged is only ever thrown away.
const arriving = /\/tx\/[^/]+\.part\/(nicfix\.sh|SHA256SUMS|log|[mc]\b.*|ballast.*)$/
const ofThisBoot = /\/tx\/[^/]+\/(guard|watch|worker)(\.tmp)?$/
const logs = /\/(tx\/[^/]+|boot\.log\.d\/[^/]+)\/log$/

/** A name for what a disk means to the next boot: states that differ in times and pids only have the same. */
export function nameState(disk: Disk): string {
  const hash = createHash('sha256')
  for (const [path, { kind, mode, owner, sum, bytes }] of disk) {
    if (forPeople.test(path) || arriving.test(path)) continue
    let content = sum
    if (ofThisBoot.test(path)) content = ''
    if (logs.test(path))
      content = Buffer.from(bytes)
        .toString()
        .replaceAll(/^\d+ |\d+\.\d+ s$/gm, '')
    hash.update(`${path} ${kind} ${mode} ${owner} ${content}\n`)
  }
  return hash.digest('hex')
}

const isRecord = (path: string) => /\/tx\/[^/]+\//.test(path) && !path.includes('/token/')

/** The same for a host at rest: of its transactions only how they ended counts for the next one. */
export function nameRest(disk: Disk): string {
  return nameState(new Map([...disk].filter(([path]) => !isRecord(path))))
}
