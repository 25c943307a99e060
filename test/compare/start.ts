import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { findProxy } from '../../src/lab/apt.ts'
import { withLock } from '../../src/lab/lock.ts'
import { rootDir } from '../../src/lab/paths.ts'
import type { Say } from '../../src/lab/progress.ts'
import { doing } from '../../src/lab/progress.ts'
import { rootId } from '../../src/lab/recipe.ts'
import { ensureHost } from '../chaos/base.ts'
import type { Vm } from '../chaos/machine.ts'
import * as vms from '../chaos/machine.ts'
import type { View } from './look.ts'
import { rest, view } from './look.ts'
import { compareDir, digest, drivers, kinds, moduleFile } from './modules.ts'

/** The host that every case begins with: booted, with Python for Ansible, and every new module in /root. */
export type Start = {
  readonly dir: string
  /** Where its kernel and initramfs are. */
  readonly host: string
  readonly kernel: string
  readonly old: View
  /** By `driver-kind`: by what to know a module, in its file and in the kernel. */
  readonly modules: Readonly<Record<string, { readonly sha256: string; readonly build: string }>>
}

const lookers = ['look.ts', '../chaos/look.ts']

/** To be raised when what is made here changes. */
const version = '1'

export const moduleInGuest = (driver: string, kind: string): string => `/root/${driver}-${kind}.ko`

/** Makes it unless it is there: some minutes, once. */
export async function ensureStart(tell: Say): Promise<Start> {
  const host = await ensureHost(tell)
  return withLock(join(compareDir(), 'start.lock'), tell, async () => {
    // How it was looked at is a part of it: what is seen in another way is not what it was.
    const sums = await Promise.all(lookers.map(path => readFile(new URL(path, import.meta.url))))
    for (const driver of drivers)
      for (const kind of kinds) sums.push(await readFile(await moduleFile(driver, kind)))
    const dir = join(compareDir(), `start-${digest([version, host, ...sums]).slice(0, 16)}`)
    if (!existsSync(dir)) await doing(tell, 'making the host to begin with', () => make(dir, host))
    const known = JSON.parse(await readFile(join(dir, 'start.json'), 'utf8')) as Start
    return { ...known, dir, host }
  })
}

/** Wakes a machine as it was then, on a fresh disk. */
export async function wakeAtStart(vm: Vm, { dir }: Pick<Start, 'dir'>): Promise<void> {
  await vms.setDisk(vm, join(dir, 'start.qcow2'))
  await vms.wake(vm, join(dir, 'start.memory'))
}

async function make(dir: string, host: string): Promise<void> {
  for (const each of await readdir(compareDir())) {
    if (each.startsWith('start-')) await rm(join(compareDir(), each), { recursive: true })
  }
  const part = `${dir}.part`
  await mkdir(part, { recursive: true, mode: 0o700 })
  const vm = await vms.makeVm('start', join(compareDir(), 'start-vm'), host)
  try {
    await vms.setDisk(vm, join(host, 'ready.qcow2'))
    await vms.wake(vm, join(host, 'ready.memory'))
    await furnish(vm, await python(part))
    // Once by the host itself: an index that is made anew is then the same, byte by byte, unless a module has changed.
    await vms.inside(vm, 'depmod -a; sync', 300)
    await rest(vm)
    const kernel = (await vms.inside(vm, 'uname -r')).trim()
    const old = await view(vm)
    const modules = await identify(vm)
    await vms.freeze(vm, join(part, 'start.memory'))
    await rename(join(vm.dir, 'disk.qcow2'), join(part, 'start.qcow2'))
    await writeFile(join(part, 'start.json'), JSON.stringify({ kernel, old, modules }))
  } finally {
    await vms.turnOff(vm)
    await rm(vm.dir, { recursive: true, force: true })
  }
  await rename(part, dir)
}

async function furnish(vm: Vm, archive: Buffer): Promise<void> {
  const connection = await vms.connect(vm)
  const put = async (command: string, stdin: Buffer) => {
    const exit = await connection.run(command, { stdin, timeoutMs: 300_000 })
    if (exit.kind !== 'exited' || exit.code !== 0) throw new Error(`${command}: ${exit.stderr}`)
  }
  await put('tar -C / -xf - && python3 -c "import json, zipfile"', archive)
  for (const driver of drivers) {
    for (const kind of kinds) {
      const file = await readFile(await moduleFile(driver, kind))
      await put(`cat >${moduleInGuest(driver, kind)}`, file)
    }
  }
  await connection.close()
}

async function identify(vm: Vm): Promise<Start['modules']> {
  const told = await vms.inside(
    vm,
    `for file in /root/*.ko; do
      echo "$(basename $file .ko) $(sha256sum <$file | cut -d' ' -f1) $(readelf -n $file | sed -n 's/^ *Build ID: *//p')"
    done`,
  )
  const rows = told
    .trim()
    .split('\n')
    .map(line => line.split(' '))
  return Object.fromEntries(
    rows.map(([name = '', sha256 = '', build = '']) => [name, { sha256, build }]),
  )
}

async function python(dir: string): Promise<Buffer> {
  const script = new URL('python.sh', import.meta.url).pathname
  const tar = join(dir, 'python.tar')
  const root = rootDir(rootId())
  const proxy = (await findProxy()) ?? ''
  const path = `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/bin:/sbin:/bin`
  await execa(
    'unshare',
    ['--mount', '--propagation', 'private', 'bash', script, root, tar, proxy],
    { env: { PATH: path }, stdin: 'ignore' },
  )
  const archive = await readFile(tar)
  await rm(tar)
  return archive
}
