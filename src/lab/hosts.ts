import { readFileSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { problem, Trouble } from '../problems.ts'
import { setClock } from './agent.ts'
import type { DriverIndex } from './drivers.ts'
import { writeKnownHosts } from './keys.ts'
import { hostDir, imageDir, snapshotDir } from './paths.ts'
import type { Machine } from './qemu.ts'
import { findFreePort, killQemu, startQemu } from './qemu.ts'
import { askQemu } from './qmp.ts'
import type { Snapshot } from './snapshot.ts'
import { waitForSsh } from './ssh.ts'
import type { HostState, LabHost } from './state.ts'
import { writeState } from './state.ts'
import { topologyOf } from './topology.ts'

/** The driver packages of an image; `file` is made absolute. */
export function readPackages(image: string): DriverIndex {
  const dir = join(imageDir(image), 'drivers')
  const index = JSON.parse(readFileSync(join(dir, 'index.json'), 'utf8')) as DriverIndex
  const entries = Object.entries(index)
  return Object.fromEntries(
    entries.map(([name, each]) => [name, { ...each, file: join(dir, each.file) }]),
  )
}

function playbookVars(image: string): LabHost['vars'] {
  const vars: LabHost['vars'] = {}
  for (const [name, { file, sha256, version, module }] of Object.entries(readPackages(image))) {
    if (name === `${module}-${version}`)
      vars[`${module}-upgrade`] = { source: file, sha256, version }
  }
  return vars
}

function machineOf(state: HostState): Machine {
  const { name, port } = state.host
  const topology = topologyOf(name)
  if (!topology) throw new Error(`no topology for ${name}`)
  return { dir: hostDir(name), accelerator: state.accelerator, topology, port }
}

/** Makes a host anew from the booted snapshot and wakes it. */
export async function createHost(
  name: string,
  image: string,
  snapshot: Snapshot,
): Promise<LabHost> {
  const dir = hostDir(name)
  await rm(dir, { recursive: true, force: true })
  await mkdir(dir, { recursive: true, mode: 0o700 })
  await copyDisk(name, snapshot.id)
  const keys = join(imageDir(image), 'keys')
  const port = await findFreePort()
  const knownHostsFile = join(dir, 'known_hosts')
  await writeKnownHosts(knownHostsFile, keys, port)
  const login = { address: '127.0.0.1', port, user: 'root', keyFile: join(keys, 'login') }
  const host: LabHost = { name, ...login, knownHostsFile, vars: playbookVars(image) }
  const { id, accelerator } = snapshot
  await start({ host, pid: 0, accelerator, image, snapshot: id, since: 0 }, 'snapshot')
  return host
}

async function copyDisk(name: string, snapshot: string): Promise<void> {
  const from = join(snapshotDir(snapshot), 'disk.qcow2')
  await execa('cp', ['--reflink=auto', '--sparse=auto', from, join(hostDir(name), 'disk.qcow2')])
}

/** Starts the QEMU of a host that has none, from its disk or from the snapshot in it, and waits for ssh. */
export async function start(state: HostState, from: 'disk' | 'snapshot'): Promise<void> {
  const machine = machineOf(state)
  const pid = await startQemu(machine, from)
  await writeState({ ...state, pid, since: Date.now() })
  await awake(state.host, from)
}

/** Ends the QEMU of a host, without a word to the guest. */
export async function stop(state: HostState): Promise<void> {
  const dir = hostDir(state.host.name)
  await askQemu(dir, 'quit', {}, 3000).catch(() => undefined)
  await killQemu(state.pid, dir)
}

/** Makes the disk of a host that has no QEMU that of the snapshot again. */
export async function renewDisk(state: HostState): Promise<void> {
  await copyDisk(state.host.name, state.snapshot)
}

/**
 * Returns when ssh answers; after a snapshot the clock is set first.
 * @throws {Trouble} NF8002
 */
export async function awake(
  host: LabHost,
  from: 'disk' | 'snapshot',
  notBootId = '',
): Promise<void> {
  const dir = hostDir(host.name)
  if (from === 'snapshot') await setClock(dir).catch(() => undefined)
  if (await waitForSsh(host, from === 'snapshot' ? 90_000 : 600_000, notBootId)) return
  const next = `Look into ${dir}/serial.log; \`nicfix lab reset ${host.name}\` puts it back.`
  throw new Trouble(
    problem('NF8002', `${host.name} did not come up: no answer by ssh.`, next, { host: host.name }),
  )
}
