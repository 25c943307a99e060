import { createHash } from 'node:crypto'
import {
  chmodSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { ldCache } from './root.ts'

/** One name on the disk. */
export type Entry = {
  readonly kind: 'file' | 'folder' | 'link'
  readonly mode: string
  readonly owner: string
  /** sha256 of the content, the target of a link, nothing for a folder. */
  readonly sum: string
  readonly bytes: Uint8Array
}

/** All that survives a power cut: path → entry, in the order of the paths. */
export type Disk = ReadonlyMap<string, Entry>

/** What a host keeps over a reboot; the rest of its root is this machine's, or the fake kernel's. */
export const durable = ['boot', 'etc', 'lib/modules', 'var/lib']

export const sha256 = (data: string | Uint8Array): string =>
  createHash('sha256').update(data).digest('hex')

const nothing = new Uint8Array()

function readEntry(path: string): Entry {
  const stat = lstatSync(path)
  const mode = (stat.mode & 0o7777).toString(8).padStart(4, '0')
  const told = { mode, owner: `${stat.uid}:${stat.gid}` }
  if (stat.isDirectory()) return { kind: 'folder', ...told, sum: '', bytes: nothing }
  if (stat.isSymbolicLink()) {
    const target = readlinkSync(path)
    return { kind: 'link', ...told, sum: target, bytes: Buffer.from(target) }
  }
  const bytes = readFileSync(path)
  return { kind: 'file', ...told, sum: sha256(bytes), bytes }
}

/** Reads the disk below the root of a host. What vanishes meanwhile is left out. */
export function readDisk(root: string): Disk {
  const disk = new Map<string, Entry>()
  const walk = (path: string) => {
    try {
      const entry = readEntry(join(root, path))
      disk.set(`/${path}`, entry)
      if (entry.kind !== 'folder') return
      for (const name of readdirSync(join(root, path)).toSorted())
        if (`${path}/${name}` !== ldCache) walk(`${path}/${name}`)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
  for (const path of durable) walk(path)
  return disk
}

export function writeDisk(root: string, disk: Disk): void {
  for (const [path, { kind, mode, owner, bytes }] of disk) {
    const target = join(root, path)
    if (kind === 'folder') mkdirSync(target, { recursive: true })
    else if (kind === 'link') symlinkSync(Buffer.from(bytes), target)
    else writeFileSync(target, bytes)
    const [uid = '0', gid = '0'] = owner.split(':')
    lchownSync(target, Number(uid), Number(gid))
    if (kind !== 'link') chmodSync(target, Number.parseInt(mode, 8))
  }
}

/** Text of a file, or null when it is not there. */
export function textOf(disk: Disk, path: string): string | null {
  const entry = disk.get(path)
  return entry ? Buffer.from(entry.bytes).toString() : null
}

const describe = (entry: Entry | undefined) =>
  entry ? `${entry.kind} ${entry.mode} ${entry.owner} ${entry.sum.slice(0, 12)}` : 'absent'

/** What differs between two disks, a line a path, looking only at paths that `counts`. */
export function differences(was: Disk, is: Disk, counts: (path: string) => boolean): string[] {
  const paths = [...new Set([...was.keys(), ...is.keys()])].filter(counts).toSorted()
  return paths.flatMap(path => {
    const [before, after] = [describe(was.get(path)), describe(is.get(path))]
    return before === after ? [] : [`${path}: was ${before}, is ${after}`]
  })
}

/** A name for a state of the disk: equal disks have equal ones. */
export function nameDisk(disk: Disk): string {
  const hash = createHash('sha256')
  for (const [path, entry] of disk)
    hash.update(`${path} ${entry.kind} ${entry.mode} ${entry.owner} ${entry.sum}\n`)
  return hash.digest('hex')
}
