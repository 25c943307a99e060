import { readFileSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { execa } from 'execa'
import { problem, Trouble } from '../problems.ts'
import { isAlive } from './lock.ts'
import type { Topology } from './topology.ts'

export type Machine = {
  /** Holds disk.qcow2, the sockets, the serial log. */
  readonly dir: string
  readonly accelerator: 'kvm' | 'tcg'
  readonly topology: Topology
  readonly port: number
}

/** The name of the snapshot inside a host's disk: booted, at rest, reachable. */
export const ready = 'ready'

/** Emulated, `max` has five levels of page tables and vectors of 256 bits: a boot takes half as long again with it. */
const processor = { kvm: 'max', tcg: 'Nehalem,+rdrand' } as const

const words = (text: string): string[] => text.split(' ')

/** All arguments of QEMU. A snapshot only loads into a machine of the very same devices. */
export function qemuArguments(machine: Machine, from: 'disk' | 'snapshot'): string[] {
  const { dir, accelerator, topology, port } = machine
  const serial = `${topology.x710 ? 'x710-' : ''}${topology.name}`
  return [
    '-accel',
    accelerator === 'tcg' ? 'tcg,thread=multi' : 'kvm',
    ...words(`-machine q35 -cpu ${processor[accelerator]} -smp 2 -m 512`),
    ...words('-nodefaults -no-user-config -display none -daemonize'),
    '-smbios',
    `type=1,serial=${serial}`,
    '-drive',
    `file=${dir}/disk.qcow2,if=virtio,format=qcow2,cache=unsafe,discard=unmap`,
    ...words('-device virtio-serial-pci'),
    '-chardev',
    `socket,id=agent,path=${dir}/agent.sock,server=on,wait=off`,
    ...words('-device virtserialport,chardev=agent,name=org.qemu.guest_agent.0'),
    ...words('-device virtio-rng-pci'),
    '-serial',
    `file:${dir}/serial.log`,
    '-qmp',
    `unix:${dir}/qmp.sock,server=on,wait=off`,
    '-pidfile',
    `${dir}/qemu.pid`,
    ...topology.nics(port),
    ...(from === 'snapshot' ? ['-loadvm', ready] : []),
  ]
}

/**
 * Starts QEMU as a daemon, so that the host outlives this command. Returns its process id.
 * @throws {Trouble} NF8002 when QEMU does not start.
 */
export function startQemu(machine: Machine, from: 'disk' | 'snapshot'): Promise<number> {
  return launchQemu(machine.dir, qemuArguments(machine, from))
}

/** The same with arguments of the caller's own; the sockets and the pid file are in `dir`. */
export async function launchQemu(dir: string, args: readonly string[]): Promise<number> {
  for (const name of ['qmp.sock', 'agent.sock', 'qemu.pid']) {
    await rm(join(dir, name), { force: true })
  }
  const result = await execa('qemu-system-x86_64', args, {
    reject: false,
    all: true,
    stdin: 'ignore',
    timeout: 120_000,
  })
  if (result.failed) {
    throw new Trouble(
      problem(
        'NF8002',
        'QEMU did not start.',
        'Run `nicfix lab down`, then `nicfix lab up` again.',
        {
          details: result.all.split('\n').slice(-10),
        },
      ),
    )
  }
  return Number(await readFile(join(dir, 'qemu.pid'), 'utf8'))
}

/** Whether that process is the QEMU of that directory, and not another one that got its number. */
export function isRunning(pid: number, dir: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`${dir}/qmp.sock`)
  } catch {
    return false
  }
}

/** Ends a QEMU at once, as a power cut does. */
export async function killQemu(pid: number, dir: string): Promise<void> {
  if (!isRunning(pid, dir)) return
  process.kill(pid, 'SIGKILL')
  while (isAlive(pid) && isRunning(pid, dir)) await sleep(20)
}

/** A TCP port of this machine that nobody listens on. */
export async function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}
