import { existsSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { problem, Trouble } from '../problems.ts'
import { findMirror, findProxy } from './apt.ts'
import { packDrivers } from './drivers.ts'
import { makeKeys } from './keys.ts'
import { withLock } from './lock.ts'
import { cacheDir, imageDir, rootDir, sourceDir } from './paths.ts'
import type { Say } from './progress.ts'
import { doing } from './progress.ts'
import { imageId, rootId, suite } from './recipe.ts'
import { ensureTools } from './tools.ts'

/** Whether the image of the present recipe is made. */
export const haveImage = (): boolean => existsSync(imageDir(imageId()))

/**
 * Makes the image of the present recipe unless it is there: disk, keys, driver packages. Returns its id.
 * @throws {Trouble} NF8001 when something is missing on this machine, NF8002 when a step fails.
 */
export async function ensureImage(say: Say): Promise<string> {
  const id = imageId()
  await ensureTools(!haveImage(), say)
  if (haveImage()) return id
  return withLock(join(cacheDir(), 'image.lock'), say, async () => {
    if (haveImage()) return id
    const about = `building the Debian 12 image (about ${existsSync(rootDir(rootId())) ? 'a minute' : '4 minutes'}, once)`
    await doing(say, about, async () => {
      await ensureRoot(say)
      await buildImage(imageDir(id), say)
    })
    return id
  })
}

/** A directory is built beside its place and then renamed: a broken build never counts. */
async function buildInto(dir: string, build: (part: string) => Promise<void>): Promise<void> {
  const part = `${dir}.part`
  await rm(part, { recursive: true, force: true })
  await mkdir(join(part, '..'), { recursive: true, mode: 0o700 })
  await build(part)
  await rename(part, dir)
}

async function ensureRoot(say: Say): Promise<void> {
  const root = rootDir(rootId())
  if (existsSync(root)) return
  const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg'
  const env = { LAB_KEYRING: keyring, LAB_PROXY: (await findProxy()) ?? '' }
  const debs = join(cacheDir(), 'debs')
  await doing(say, 'installing Debian 12 with kernel, headers and compiler into a directory', () =>
    buildInto(root, part => runScript('root.sh', [part, debs, suite, findMirror() ?? ''], env)),
  )
}

async function buildImage(dir: string, say: Say): Promise<void> {
  await buildInto(dir, async part => {
    const [root, keys, standin] = [
      join(part, 'root'),
      join(part, 'keys'),
      join(sourceDir, 'standin'),
    ]
    await mkdir(part, { recursive: true, mode: 0o700 })
    await execa('cp', ['-a', '--reflink=auto', rootDir(rootId()), root])
    await makeKeys(keys)
    await runScript('configure.sh', [root, keys])
    const e1000e = join(part, 'e1000e')
    await rename(join(root, 'usr/src/e1000e-kernel'), e1000e)
    await doing(say, 'building the stock drivers and the initramfs', () =>
      runScript('modules.sh', [root, standin]),
    )
    await packDrivers(standin, e1000e, join(part, 'drivers'))
    await doing(say, 'writing the disk', () =>
      runScript('disk.sh', [root, join(part, 'disk.qcow2')]),
    )
    await rm(root, { recursive: true })
    await rm(e1000e, { recursive: true })
  })
}

/** Runs a script of image/ in a mount namespace of its own: its mounts end with it. */
async function runScript(name: string, args: readonly string[], env: Record<string, string> = {}) {
  const script = join(sourceDir, 'image', name)
  const isolate = ['--mount', '--propagation', 'private', 'bash', script, ...args]
  const path = `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/bin:/sbin:/bin`
  const options = {
    env: { PATH: path, ...env },
    all: true,
    reject: false,
    stdin: 'ignore',
  } as const
  const result = await execa('unshare', isolate, options)
  if (!result.failed) return
  throw new Trouble(
    problem(
      'NF8002',
      `The image of the lab hosts could not be built: ${name} failed.`,
      'Mend what it says, then run `nicfix lab up` again.',
      {
        details: result.all.split('\n').slice(-20),
      },
    ),
  )
}
