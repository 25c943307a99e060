import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { problem, Trouble } from '../problems.ts'
import { findMirror } from './apt.ts'
import { withLock } from './lock.ts'
import { cacheDir } from './paths.ts'
import type { Say } from './progress.ts'
import { doing } from './progress.ts'

/** A program or file, and the Debian package that has it. */
const running = [
  ['qemu-system-x86_64', 'qemu-system-x86'],
  ['qemu-img', 'qemu-utils'],
  ['ssh', 'openssh-client'],
] as const
const building = [
  ['debootstrap', 'debootstrap'],
  ['/usr/share/keyrings/debian-archive-keyring.gpg', 'debian-archive-keyring'],
  ['ssh-keygen', 'openssh-client'],
  ['mkfs.ext4', 'e2fsprogs'],
  ['sfdisk', 'fdisk'],
  ['grub-mkimage', 'grub-common'],
  ['/usr/lib/grub/i386-pc/boot.img', 'grub-pc-bin'],
  ['xz', 'xz-utils'],
  ['unshare', 'util-linux'],
] as const

function exists(path: string): boolean {
  try {
    accessSync(path, path.includes('/bin/') ? constants.X_OK : constants.R_OK)
    return true
  } catch {
    return false
  }
}

function isThere(what: string): boolean {
  if (what.startsWith('/')) return exists(what)
  const dirs = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/usr/bin', '/sbin', '/bin']
  return dirs.some(dir => exists(join(dir, what)))
}

/** The Debian packages that this machine lacks to run the lab's hosts, or to build their image too. */
export function missingPackages(toBuild: boolean): string[] {
  const wanted = toBuild ? [...running, ...building] : running
  return [...new Set(wanted.filter(([what]) => !isThere(what)).map(([, name]) => name))]
}

/** Why this machine cannot run the lab even if packages were installed; undefined when it can. */
export function whyNot(toBuild: boolean): string | undefined {
  const missing = missingPackages(toBuild)
  const isRoot = process.getuid?.() === 0
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return `the lab needs Linux on x86-64, this is ${process.platform} on ${process.arch}`
  }
  if (missing.length > 0 && !(isRoot && isThere('apt-get'))) {
    return `the lab needs ${missing.join(', ')}, and ${isRoot ? 'there is no apt-get to install' : 'only root can install'} that`
  }
  if (toBuild && !isRoot)
    return 'the image of the lab hosts is not made yet, and only root can make it'
  if (toBuild && !findMirror())
    return 'the apt configuration names no Debian mirror to make the image from'
  return undefined
}

/**
 * Installs what is missing, saying so.
 * @throws {Trouble} NF8001 when it cannot.
 */
export async function ensureTools(toBuild: boolean, say: Say): Promise<void> {
  const why = whyNot(toBuild)
  if (why) {
    const missing = missingPackages(toBuild)
    const remedy = missing.length > 0 ? remedyFor(missing) : 'Run this as root on a Debian machine.'
    throw new Trouble(problem('NF8001', `This machine cannot run the lab: ${why}.`, remedy))
  }
  await installMissing(() => missingPackages(toBuild), say)
}

const remedyFor = (packages: readonly string[]) =>
  `Install it: apt-get install ${packages.join(' ')}`

/** Somebody else may be installing something at this very moment, such as the updates of the night. */
const patience = ['-o', 'DPkg::Lock::Timeout=600']

/**
 * Installs what is missing. Of several processes that find the same missing one does it, and the others wait for it.
 * @throws {Trouble} NF8001 when it cannot.
 */
export async function installMissing(missing: () => string[], say: Say): Promise<void> {
  if (missing().length === 0) return
  await withLock(join(cacheDir(), 'apt.lock'), say, async () => {
    const packages = missing()
    if (packages.length === 0) return
    const env = { DEBIAN_FRONTEND: 'noninteractive' }
    const install = ['-qq', '-y', ...patience, '--no-install-recommends', 'install', ...packages]
    const result = await doing(say, `installing ${packages.join(' ')} with apt-get`, async () => {
      await execa('apt-get', ['-qq', 'update'], { env, reject: false })
      return execa('apt-get', install, { env, all: true, reject: false })
    })
    if (!result.failed) return
    const message = 'apt-get could not install that.'
    const details = result.all.split('\n').slice(-5)
    throw new Trouble(problem('NF8001', message, remedyFor(packages), { details }))
  })
}
