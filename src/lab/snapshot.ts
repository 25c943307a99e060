import { existsSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { problem, Trouble } from '../problems.ts'
import type { Accelerator } from './accel.ts'
import { chooseAccelerator, remember } from './accel.ts'
import { writeKnownHosts } from './keys.ts'
import { withLock } from './lock.ts'
import { cacheDir, imageDir, snapshotDir } from './paths.ts'
import type { Say } from './progress.ts'
import { doing } from './progress.ts'
import type { Machine } from './qemu.ts'
import { findFreePort, killQemu, qemuArguments, ready, startQemu } from './qemu.ts'
import { askQemu, tellQemu } from './qmp.ts'
import { snapshotId } from './recipe.ts'
import type { Login } from './ssh.ts'
import { sshRun, waitForSsh } from './ssh.ts'
import type { Topology } from './topology.ts'

export type Snapshot = { readonly id: string; readonly accelerator: 'kvm' | 'tcg' }

/**
 * Boots the image once for a topology and keeps the running machine. A KVM that turns out not to carry a real
 * guest is given up for TCG.
 * @throws {Trouble} NF8002 when the image does not boot.
 */
export async function ensureSnapshot(
  image: string,
  topology: Topology,
  say: Say,
): Promise<Snapshot> {
  const accelerator = await chooseAccelerator()
  try {
    return await snapshotOn(accelerator, image, topology, say)
  } catch (error) {
    if (accelerator.name === 'tcg' || process.env['NICFIX_LAB_ACCEL']) throw error
    const instead: Accelerator = { name: 'tcg', why: 'the lab host did not come up on KVM' }
    say(`lab: ${instead.why}, so without it`)
    await remember(instead)
    return snapshotOn(instead, image, topology, say)
  }
}

async function snapshotOn(
  accelerator: Accelerator,
  image: string,
  topology: Topology,
  say: Say,
): Promise<Snapshot> {
  const { stdout: version } = await execa('qemu-system-x86_64', ['--version'])
  const machine = { dir: '', accelerator: accelerator.name, topology, port: 0 }
  const id = snapshotId(image, [version, ...qemuArguments(machine, 'disk')])
  const dir = snapshotDir(id)
  const snapshot = { id, accelerator: accelerator.name }
  if (existsSync(dir)) return snapshot
  return withLock(join(cacheDir(), 'snapshot.lock'), say, async () => {
    if (existsSync(dir)) return snapshot
    const about = `booting it once (${accelerator.name}: ${accelerator.why}; about a minute, once)`
    const part = `${dir}.part`
    await doing(say, about, () => bootAndSave(image, { ...machine, dir: part }))
    await rename(part, dir)
    return snapshot
  })
}

async function bootAndSave(image: string, planned: Machine): Promise<void> {
  const machine = { ...planned, port: await findFreePort() }
  const { dir, port } = machine
  await rm(dir, { recursive: true, force: true })
  await mkdir(dir, { recursive: true, mode: 0o700 })
  // The path to the image is relative, and snapshots and hosts lie equally deep: a copy still finds it.
  const base = `../../images/${image}/disk.qcow2`
  await execa(
    'qemu-img',
    ['create', '-q', '-f', 'qcow2', '-b', base, '-F', 'qcow2', 'disk.qcow2'],
    { cwd: dir },
  )
  const keys = join(imageDir(image), 'keys')
  const login: Login = {
    address: '127.0.0.1',
    port,
    user: 'root',
    keyFile: join(keys, 'login'),
    knownHostsFile: join(dir, 'known_hosts'),
  }
  await writeKnownHosts(login.knownHostsFile, keys, port)
  const pid = await startQemu(machine, 'disk')
  try {
    if (!(await waitForSsh(login, machine.accelerator === 'kvm' ? 90_000 : 600_000))) notBooted(dir)
    const settle =
      'udevadm settle; timeout 60 systemctl is-system-running --wait; sync; echo settled'
    await sshRun(login, settle, 120_000)
    await tellQemu(dir, `savevm ${ready}`)
    await askQemu(dir, 'quit').catch(() => undefined)
  } finally {
    await killQemu(pid, dir)
  }
  await execa('qemu-img', ['check', '-q', join(dir, 'disk.qcow2')])
}

function notBooted(dir: string): never {
  const next = `Look into ${dir}/serial.log; then run \`nicfix lab up\` again.`
  throw new Trouble(problem('NF8002', 'The image did not boot: ssh did not answer in time.', next))
}
