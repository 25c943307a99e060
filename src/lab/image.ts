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
import { imageId, rootId } from './recipe.ts'
import type { Release } from './releases.ts'
import { standard } from './releases.ts'
import { ensureTools } from './tools.ts'

/** Whether the image of the present recipe is made. */
export const haveImage = (release = standard): boolean => existsSync(imageDir(imageId(release)))

/**
 * Makes the image of the present recipe unless it is there: disk, keys, driver packages. Returns its id.
 * That of another release takes its kernel from the standard one, which is made first.
 * @throws {Trouble} NF8001 when something is missing on this machine, NF8002 when a step fails.
 */
export async function ensureImage(say: Say, release = standard): Promise<string> {
  const id = imageId(release)
  await ensureTools(!haveImage(release), say)
  if (haveImage(release)) return id
  if (release !== standard) await ensureImage(say)
  return withLock(join(cacheDir(), 'image.lock'), say, async () => {
    if (haveImage(release)) return id
    const time = existsSync(rootDir(rootId(release))) ? 'a minute' : '4 minutes'
    await doing(say, `building the ${release.title} image (about ${time}, once)`, async () => {
      for (const each of new Set([standard, release])) await ensureRoot(each, say)
      await buildImage(release, say)
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

async function ensureRoot(release: Release, say: Say): Promise<void> {
  const root = rootDir(rootId(release))
  if (existsSync(root)) return
  const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg'
  const env = {
    LAB_KEYRING: keyring,
    LAB_PROXY: (await findProxy()) ?? '',
    LAB_LAID_IN: release.laidIn.join(' '),
  }
  const args = [join(cacheDir(), 'debs'), release.suite, findMirror() ?? '', ...release.packages]
  await doing(say, `installing ${release.title} with a compiler into a directory`, () =>
    buildInto(root, part => runScript('root.sh', [part, ...args], env)),
  )
}

async function buildImage(release: Release, say: Say): Promise<void> {
  const kernelRoot = rootDir(rootId())
  await buildInto(imageDir(imageId(release)), async part => {
    const [root, keys, standin] = [
      join(part, 'root'),
      join(part, 'keys'),
      join(sourceDir, 'standin'),
    ]
    await mkdir(part, { recursive: true, mode: 0o700 })
    await execa('cp', ['-a', '--reflink=auto', rootDir(rootId(release)), root])
    await makeKeys(keys)
    await runScript('configure.sh', [root, keys])
    await doing(say, 'building the stock drivers and the initramfs', () =>
      runScript('modules.sh', [root, standin, kernelRoot]),
    )
    await packDrivers(standin, join(kernelRoot, 'usr/src/e1000e-kernel'), join(part, 'drivers'))
    await doing(say, 'writing the disk', () =>
      runScript('disk.sh', [root, join(part, 'disk.qcow2')]),
    )
    await rm(root, { recursive: true })
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
