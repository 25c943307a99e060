import { readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { problem, Trouble } from '../problems.ts'
import { hostDir } from './paths.ts'
import { isRunning } from './qemu.ts'
import type { Login } from './ssh.ts'
import { hostNames } from './topology.ts'

export type LabHost = Login & {
  readonly name: string
  /** Variables for the playbooks that the lab brings driver sources for, by playbook name. */
  readonly vars: Record<string, Record<string, string>>
}

/** What is known of a host that is up. */
export type HostState = {
  readonly host: LabHost
  readonly pid: number
  readonly accelerator: 'kvm' | 'tcg'
  readonly image: string
  readonly snapshot: string
  /** When its QEMU was started, in milliseconds. */
  readonly since: number
}

const stateFile = (name: string): string => join(hostDir(name), 'state.json')

/** Reads the state of a host, be its QEMU alive or not; undefined when it is down. */
export function readState(name: string): HostState | undefined {
  try {
    return JSON.parse(readFileSync(stateFile(name), 'utf8')) as HostState
  } catch {
    return undefined
  }
}

export async function writeState(state: HostState): Promise<void> {
  await mkdir(hostDir(state.host.name), { recursive: true, mode: 0o700 })
  await writeFile(stateFile(state.host.name), `${JSON.stringify(state, null, 2)}\n`, {
    mode: 0o600,
  })
}

/** The state of a host whose QEMU is alive. */
export function runningState(name: string): HostState | undefined {
  const state = readState(name)
  return state && isRunning(state.pid, hostDir(name)) ? state : undefined
}

/** @throws {Trouble} NF8003 when there is no lab host of that name. */
export function checkName(name: string): void {
  if (hostNames.includes(name)) return
  const known = hostNames.join(', ')
  throw new Trouble(
    problem('NF8003', `The lab has no host ${name}.`, `The lab's hosts are: ${known}.`),
  )
}

/** @throws {Trouble} NF8003 when it does not exist or is not up. */
export function needState(name: string): HostState {
  checkName(name)
  const state = readState(name)
  if (state) return state
  throw new Trouble(
    problem('NF8003', `${name} is not up.`, `Run: nicfix lab up ${name}`, { host: name }),
  )
}
