import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where the sources of the lab are: the scripts and the stand-in that an image is made of. */
export const sourceDir = import.meta.dirname

/** Everything the lab keeps: `${XDG_CACHE_HOME:-~/.cache}/nicfix/lab`. */
export function cacheDir(): string {
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'nicfix', 'lab')
}

export const hostDir = (name: string): string => join(cacheDir(), 'hosts', name)
export const imageDir = (id: string): string => join(cacheDir(), 'images', id)
export const rootDir = (id: string): string => join(cacheDir(), 'roots', id)
export const snapshotDir = (id: string): string => join(cacheDir(), 'snapshots', id)
