import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { execa } from 'execa'
import { chooseAccelerator } from '../../src/lab/accel.ts'
import { execByAgent, setClock } from '../../src/lab/agent.ts'
import { writeKnownHosts } from '../../src/lab/keys.ts'
import { cacheDir, imageDir } from '../../src/lab/paths.ts'
import type { Machine } from '../../src/lab/qemu.ts'
import { findFreePort, isRunning, killQemu, launchQemu, qemuArguments } from '../../src/lab/qemu.ts'
import { askQemu } from '../../src/lab/qmp.ts'
import { imageId } from '../../src/lab/recipe.ts'
import { sshArguments } from '../../src/lab/ssh.ts'
import type { Login } from '../../src/lab/ssh.ts'
import { topologyOf } from '../../src/lab/topology.ts'
import type { Connection } from '../../src/remote/host.ts'
import { sshHost } from '../../src/remote/ssh.ts'

/** A virtual machine of its own kind: it boots its kernel without BIOS and GRUB, and is off once its guest resets. */
export type Vm = {
  readonly name: string
  readonly dir: string
  readonly machine: Machine
  readonly login: Login
  /** Directory with `vmlinux` and `initrd`, as they are in the image. */
  readonly firmware: string
  pid: number
}

export const chaosDir = (): string => join(cacheDir(), 'chaos')

// As in the image's boot loader, but for: a panic resets at once; fewer UARTs to look for; no waiting for grace periods.
const kernelOptions = [
  'root=/dev/vda1 rw console=ttyS0 norandmaps init_on_alloc=0 quiet loglevel=4 mitigations=off nokaslr',
  'cryptomgr.notests random.trust_cpu=on systemd.show_status=0 audit=0',
  'panic=1 8250.nr_uarts=1 rcupdate.rcu_expedited=1',
].join(' ')

/** All arguments of its QEMU: the lab's, with one processor, the kernel given, and off at a reset. */
export function argumentsOf({ machine, firmware }: Pick<Vm, 'machine' | 'firmware'>): string[] {
  const lab = qemuArguments(machine, 'disk')
  const kernel = ['-kernel', join(firmware, 'vmlinux'), '-initrd', join(firmware, 'initrd')]
  const own = lab.map((word, at) => (lab[at - 1] === '-smp' ? '1' : word))
  return [...own, ...kernel, '-action', 'reboot=shutdown']
}

/** A machine that is off and has no disk yet. */
export async function makeVm(name: string, dir: string, firmware: string): Promise<Vm> {
  const topology = topologyOf('h1')
  if (!topology) throw new Error('the lab has no h1')
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const port = await findFreePort()
  const { name: accelerator } = await chooseAccelerator()
  const keys = join(imageDir(imageId()), 'keys')
  const knownHostsFile = join(dir, 'known_hosts')
  await writeKnownHosts(knownHostsFile, keys, port)
  const login = { address: '127.0.0.1', port, user: 'root', keyFile: join(keys, 'login') }
  const machine: Machine = { dir, accelerator, topology, port }
  return { name, dir, machine, login: { ...login, knownHostsFile }, firmware, pid: 0 }
}

/** Gives it a disk of its own, whose content is that of `base` until it is written to. */
export async function setDisk(vm: Vm, base: string): Promise<void> {
  const disk = join(vm.dir, 'disk.qcow2')
  await rm(disk, { force: true })
  await execa('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', base, '-F', 'qcow2', disk])
}

/** Switches it on, to boot from its disk; `watch` is a script that runs in the guest from early in this boot on. */
export async function boot(vm: Vm, watch = ''): Promise<void> {
  const watcher = watch ? ` lab.watch=${Buffer.from(watch).toString('base64')}` : ''
  await writeFile(join(vm.dir, 'serial.log'), '')
  vm.pid = await launchQemu(vm.dir, [...argumentsOf(vm), '-append', kernelOptions + watcher])
}

/** Switches it on where it was when that memory was saved; its disk must be of the same moment. */
export async function wake(vm: Vm, memory: string): Promise<void> {
  const args = [...argumentsOf(vm), '-append', kernelOptions, '-incoming', `exec:cat ${memory}`]
  vm.pid = await launchQemu(vm.dir, args)
  await until('it wakes', 60, async () => {
    const { status } = (await askQemu(vm.dir, 'query-status')) as { status: string }
    // It was stopped to be saved, and wakes as it was.
    if (status === 'paused') await askQemu(vm.dir, 'cont')
    return status === 'running'
  })
  await setClock(vm.dir)
}

/** Saves its memory into a file, then switches it off: disk and file are of the same moment. */
export async function freeze(vm: Vm, memory: string): Promise<void> {
  await askQemu(vm.dir, 'stop')
  await askQemu(vm.dir, 'migrate', { uri: `exec:cat > ${memory}` })
  await until('its memory is saved', 120, async () => {
    const { status } = (await askQemu(vm.dir, 'query-migrate')) as { status: string }
    if (status === 'failed') throw new Error('QEMU could not save the memory')
    return status === 'completed'
  })
  await turnOff(vm)
}

export const isOn = ({ pid, dir }: Vm): boolean => pid !== 0 && isRunning(pid, dir)

/** No power any more: QEMU is gone at once, with whatever its disk's map had not been told to keep. */
export const cutPower = (vm: Vm): Promise<void> => killQemu(vm.pid, vm.dir)

/** QEMU ends by itself and writes its own maps, not a word to the guest. */
export async function turnOff(vm: Vm): Promise<void> {
  await askQemu(vm.dir, 'quit', {}, 3000).catch(() => undefined)
  await killQemu(vm.pid, vm.dir)
}

/** The reset button. The machine is off then: to go on, boot it. */
export const pressReset = (vm: Vm): Promise<unknown> =>
  askQemu(vm.dir, 'system_reset', {}, 3000).catch(() => undefined)

/** Whether it went off within that time. */
export async function goesOff(vm: Vm, seconds: number): Promise<boolean> {
  const end = performance.now() + seconds * 1000
  while (isOn(vm) && performance.now() < end) await sleep(20)
  return !isOn(vm)
}

export const readSerial = (vm: Vm): Promise<string> =>
  readFile(join(vm.dir, 'serial.log'), 'utf8').catch(() => '')

/** Runs a shell command in the guest past its network. */
export async function inside(vm: Vm, sh: string, seconds = 60): Promise<string> {
  const { code, out } = await execByAgent(vm.dir, sh, seconds * 1000)
  if (code !== 0) throw new Error(`${vm.name}: ${sh.slice(0, 200)} ended with ${code}: ${out}`)
  return out
}

/** A new connection, by the same code that nicfix uses. Tries until the time is up, or the machine is off. */
export async function connect(vm: Vm, seconds = 30): Promise<Connection> {
  const { address, port, user, keyFile, knownHostsFile } = vm.login
  const login = ['ssh', ...sshArguments(vm.login)]
  const keys = { keyFiles: [keyFile], knownHostsFiles: [knownHostsFile], identitiesOnly: true }
  const settings = { address, port, user, ...keys, strictness: 'yes', jumps: [], login }
  const host = sshHost('h1', settings)
  const end = performance.now() + seconds * 1000
  const { pid } = vm
  for (;;) {
    try {
      return await host.connect({ timeoutMs: 8000 })
    } catch (error) {
      if (performance.now() > end || !isOn(vm) || vm.pid !== pid) throw error
      await sleep(300)
    }
  }
}

/** Waits until that holds; a look that fails counts as not yet. */
export async function until(what: string, seconds: number, holds: () => Promise<boolean>) {
  const end = performance.now() + seconds * 1000
  let last: unknown
  for (;;) {
    try {
      if (await holds()) return
    } catch (error) {
      last = error
    }
    if (performance.now() > end)
      throw new Error(`not within ${seconds} s: ${what}`, { cause: last })
    await sleep(200)
  }
}
