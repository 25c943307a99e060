import { existsSync, readdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { cacheDir } from './paths.ts'
import { imageId, rootId } from './recipe.ts'
import { releases } from './releases.ts'
import { readState } from './state.ts'
import { hostNames } from './topology.ts'

/** Removes what former recipes left: images that no host runs, their snapshots, former roots. */
export async function pruneCache(): Promise<void> {
  const roots = new Set(releases.map(rootId))
  const images = new Set([
    ...releases.map(imageId),
    ...hostNames.map(name => readState(name)?.image),
  ])
  await pruneDir('roots', name => roots.has(name))
  await pruneDir('images', name => images.has(name))
  for (const name of entries('snapshots')) {
    const disk = join(cacheDir(), 'snapshots', name, 'disk.qcow2')
    if (!name.endsWith('.part') && !(await hasBase(disk))) await remove('snapshots', name)
  }
}

async function hasBase(disk: string): Promise<boolean> {
  if (!existsSync(disk)) return false
  const { stdout } = await execa('qemu-img', ['info', '--output=json', '-U', disk], {
    reject: false,
  })
  const base = /"full-backing-filename": "([^"]+)"/.exec(stdout)?.[1]
  return base !== undefined && existsSync(base)
}

async function pruneDir(dir: string, keep: (name: string) => boolean): Promise<void> {
  for (const name of entries(dir)) {
    if (!name.endsWith('.part') && !keep(name)) await remove(dir, name)
  }
}

function entries(dir: string): string[] {
  const path = join(cacheDir(), dir)
  return existsSync(path) ? readdirSync(path) : []
}

async function remove(dir: string, name: string): Promise<void> {
  await rm(join(cacheDir(), dir, name), { recursive: true, force: true })
}
