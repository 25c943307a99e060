import { spawn } from 'node:child_process'
import type { Vm } from '../chaos/machine.ts'
import type { Driver, Kind } from './modules.ts'

/**
 * What a contender has said of the host in the end. `done`: the new driver runs and stays. `as before`: nothing was
 * changed, or all of it was taken back. `failed`: it did not work, and no word on how the host is. `silent`: no word
 * at all, for it was killed or never came back.
 */
export type Claim = 'done' | 'as before' | 'failed' | 'silent'

export type Said = { readonly claim: Claim; readonly how: string; readonly output: string }

/** What is to be done, and how to get there. */
export type Job = {
  readonly vm: Vm
  /** A directory of this case alone. */
  readonly dir: string
  /** An ssh configuration that knows the host as `target`. */
  readonly sshConfig: string
  readonly driver: Driver
  readonly kind: Kind
}

export type Attempt = {
  readonly said: Promise<Said>
  /** SIGKILL to all of the controller. */
  kill(): void
}

/** Moments of the work, as a condition in sh that holds on the host from then on. */
export const moments = ['copying', 'replaced', 'unloaded', 'going back'] as const
export type Moment = (typeof moments)[number]

export type Contender = {
  readonly name: string
  when(moment: Moment, driver: Driver, kind: Kind): string
  /** Puts what it needs on the host, past the way that will be cut. */
  prepare(job: Job): Promise<void>
  start(job: Job): Attempt
}

export type Ran = { readonly code: number | null; readonly output: string }

/** A process group of its own with its output kept. `kill` leaves none of it alive. */
export function runGroup(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): { ran: Promise<Ran>; kill(): void } {
  const child = spawn(command, args, {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  })
  let output = ''
  let isOver = false
  child.stdout.on('data', (bytes: Buffer) => (output += bytes.toString()))
  child.stderr.on('data', (bytes: Buffer) => (output += bytes.toString()))
  const ran = new Promise<Ran>((resolve, reject) => {
    child.once('error', reject).once('close', code => resolve({ code, output }))
    // A connection that is kept for later holds the output open long after the end.
    child.once('exit', code => {
      isOver = true
      setTimeout(() => resolve({ code, output }), 1000)
    })
  })
  return {
    ran,
    kill() {
      // Once it is over its number may be another's.
      if (child.pid !== undefined && !isOver) process.kill(-child.pid, 'SIGKILL')
    },
  }
}

/** Where the stock module lies, that those who replace it in place write to. */
export const stockModule = (driver: Driver): string =>
  `/lib/modules/$kernel/kernel/drivers/net/ethernet/intel/${driver}/${driver}.ko`

export const isUnloaded = (driver: Driver): string => `[ ! -e /sys/module/${driver} ]`
