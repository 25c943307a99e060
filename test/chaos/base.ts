import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { hostScript } from '../../src/host/script.ts'
import { ensureImage } from '../../src/lab/image.ts'
import { withLock } from '../../src/lab/lock.ts'
import { imageDir, rootDir } from '../../src/lab/paths.ts'
import { doing } from '../../src/lab/progress.ts'
import type { HostPlan } from '../../src/model/plan.ts'
import type { Say } from '../../src/lab/progress.ts'
import { rootId } from '../../src/lab/recipe.ts'
import * as controller from './controller.ts'
import type { Seen } from './look.ts'
import { look, settle } from './look.ts'
import { quickPackage } from '../main/quick.ts'
import type { Vm } from './machine.ts'
import * as vms from './machine.ts'

/** Moments of one and the same run at which a machine can be woken. */
export const moments = ['ready', 'built', 'tried', 'committed'] as const
export type Moment = (typeof moments)[number]

/** Machines that were brought to each moment once, by the real protocol over SSH, and what the host looked like. */
export type Base = {
  readonly dir: string
  /** Where the kernel, the initramfs and the moment `ready` are. */
  readonly host: string
  readonly run: string
  readonly token: string
  /** What was planned for the host as it was at first. */
  readonly plan: HostPlan
  /** Before anything was changed, and after all was committed. */
  readonly old: Seen
  readonly new: Seen
}

/** To be raised when what is made here changes. */
const version = '4'
const slim = new URL('slim.sh', import.meta.url)

/** Makes the moments unless they are there: some minutes once, and again some after each edit of the host's script. */
export async function ensureBase(tell: Say): Promise<Base> {
  const host = await ensureHost(tell)
  return withLock(join(vms.chaosDir(), 'base.lock'), tell, async () => {
    const next = 'bringing it to each moment of a run (about 2 minutes, once)'
    const dir = await ensureDir(`run-${digest([version, host, hostScript()])}`, tell, next, each =>
      makeRun(each, host),
    )
    return { ...(JSON.parse(await readFile(join(dir, 'base.json'), 'utf8')) as Base), dir, host }
  })
}

/** The directory of a booted host that no run has touched, and of its kernel and initramfs. */
export async function ensureHost(tell: Say): Promise<string> {
  const image = await ensureImage(tell)
  const recipe = ['1', image, await readFile(slim, 'utf8')]
  const about = 'booting a host that has little else to do (about 2 minutes, once)'
  return withLock(join(vms.chaosDir(), 'base.lock'), tell, () =>
    ensureDir(`host-${digest(recipe)}`, tell, about, dir => makeHost(dir, image)),
  )
}

const digest = (parts: readonly string[]) =>
  createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 16)

/** A directory is made beside its place and renamed; old ones of former recipes go. */
async function ensureDir(
  name: string,
  tell: Say,
  about: string,
  make: (dir: string) => Promise<void>,
) {
  const dir = join(vms.chaosDir(), name)
  if (existsSync(dir)) return dir
  await removeOld(name.split('-')[0] ?? '')
  await mkdir(`${dir}.part`, { recursive: true, mode: 0o700 })
  await doing(tell, about, () => make(`${dir}.part`))
  await rename(`${dir}.part`, dir)
  return dir
}

/** The youngest stay, since others may be at work with them: half a gigabyte each. */
async function removeOld(kind: string): Promise<void> {
  const names = (await readdir(vms.chaosDir())).filter(each => each.startsWith(`${kind}-`))
  const dirs = await Promise.all(
    names.map(async each => {
      const path = join(vms.chaosDir(), each)
      return { path, ms: (await stat(path)).mtimeMs }
    }),
  )
  for (const { path } of dirs.toSorted((x, y) => y.ms - x.ms).slice(3)) {
    await rm(path, { recursive: true })
  }
}

/** Wakes the machine at that moment, with a fresh disk. */
export async function wakeAt(
  vm: Vm,
  base: Pick<Base, 'dir' | 'host'>,
  moment: Moment,
): Promise<void> {
  const dir = moment === 'ready' ? base.host : base.dir
  await vms.setDisk(vm, join(dir, `${moment}.qcow2`))
  await vms.wake(vm, join(dir, `${moment}.memory`))
}

/** Keeps the machine as it is at this moment; it is off then. */
async function keep(vm: Vm, dir: string, moment: Moment): Promise<void> {
  await vms.freeze(vm, join(dir, `${moment}.memory`))
  await rename(join(vm.dir, 'disk.qcow2'), join(dir, `${moment}.qcow2`))
}

async function makeHost(dir: string, image: string): Promise<void> {
  await takeFirmware(dir, image)
  const vm = await vms.makeVm('base', join(dir, 'vm'), dir)
  try {
    await vms.setDisk(vm, join(imageDir(image), 'disk.qcow2'))
    await vms.boot(vm)
    const connection = await vms.connect(vm, 300)
    await settle(vm)
    await connection.run('sh -s', { stdin: await readFile(slim), timeoutMs: 60_000 })
    await connection.close()
    await vms.turnOff(vm)
    await vms.boot(vm)
    await (await vms.connect(vm, 300)).close()
    await settle(vm)
    await vms.inside(vm, 'sync')
    await keep(vm, dir, 'ready')
  } finally {
    await vms.turnOff(vm)
    await rm(vm.dir, { recursive: true, force: true })
  }
}

async function makeRun(dir: string, host: string): Promise<void> {
  const vm = await vms.makeVm('base', join(dir, 'vm'), host)
  try {
    // The disks of later moments lie on those of earlier ones, by their final paths.
    const at = { dir, host }
    const run = controller.newRun(vm)
    await wakeAt(vm, at, 'ready')
    const driver = await quickPackage('i40e-2.13.10')
    const plan = await controller.planUpgrade(run, driver)
    if (!plan) throw new Error('there is nothing to upgrade')
    await controller.stage(run, plan, driver)
    await controller.build(run)
    const old = await look(vm)
    await controller.hangUp(run)
    await keep(vm, dir, 'built')
    await wakeAt(vm, at, 'built')
    await controller.tryIt(run)
    await controller.hangUp(run)
    await keep(vm, dir, 'tried')
    await wakeAt(vm, at, 'tried')
    await controller.confirm(run)
    await controller.hangUp(run)
    await settle(vm)
    const now = await look(vm)
    await keep(vm, dir, 'committed')
    await setBacking(dir, 'tried', 'built')
    await setBacking(dir, 'committed', 'tried')
    const base = { run: run.id, token: run.token, plan, old, new: now }
    await writeFile(join(dir, 'base.json'), JSON.stringify(base))
  } finally {
    await vms.turnOff(vm)
    await rm(vm.dir, { recursive: true, force: true })
  }
}

/** Makes the path to a disk that it lies on relative: the directory is renamed once all is there. */
async function setBacking(dir: string, moment: Moment, on: Moment): Promise<void> {
  const args = ['rebase', '-u', '-F', 'qcow2', '-b', `${on}.qcow2`, `${moment}.qcow2`]
  await execa('qemu-img', args, { cwd: dir })
}

/** The kernel as the image has it, uncompressed so that no minute goes by with unpacking it; and the initramfs. */
async function takeFirmware(dir: string, image: string): Promise<void> {
  const boot = join(rootDir(rootId()), 'boot')
  const kernel = (await readdir(boot)).find(name => name.startsWith('vmlinuz-')) ?? ''
  const packed = await readFile(join(boot, kernel))
  const at = packed.indexOf(Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]))
  const options = { input: packed.subarray(at), encoding: 'buffer', reject: false } as const
  // Behind the packed kernel comes more, which xz takes as an error: what counts is what it is.
  const { stdout } = await execa('xz', ['-dc', '--single-stream'], {
    ...options,
    maxBuffer: 2 ** 28,
  })
  if (stdout.length < 2 ** 20) throw new Error(`${kernel} could not be unpacked`)
  await writeFile(join(dir, 'vmlinux'), stdout)
  const raw = join(dir, 'disk.raw')
  await execa('qemu-img', ['convert', '-O', 'raw', join(imageDir(image), 'disk.qcow2'), raw])
  const dump = `dump /boot/${kernel.replace('vmlinuz', 'initrd.img')} ${join(dir, 'initrd')}`
  await execa('/usr/sbin/debugfs', ['-R', dump, `${raw}?offset=1048576`])
  await rm(raw)
}
