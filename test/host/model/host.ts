import { readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stageCommand, txCommand } from '../../../src/host/protocol.ts'
import type { TxVerb } from '../../../src/host/protocol.ts'
import type { GuardContext } from '../../../machines/guard-words.ts'
import type { EventName } from '../../machines/tours.ts'
import { newI40e } from '../sim/driver.ts'
import { packJob, planFor, token } from '../sim/fresh.ts'
import type { Job } from '../sim/fresh.ts'
import { lookAt } from '../sim/oracle.ts'
import type { Before } from '../sim/oracle.ts'
import { pause } from '../sim/ran.ts'
import type { Ran } from '../sim/ran.ts'
import type { Shell } from '../sim/root.ts'
import { SimHost } from '../sim/sim.ts'
import type { Disk } from '../sim/disk.ts'
import { Connection } from './connection.ts'
import { closeGates, forgetGates, makeGates, openGate } from './gates.ts'
import type { Gate } from './gates.ts'

export const id = '20260101-0000-aaaa'
const confirmWithin = 100

/** What a machine that starts processes slowly, and has other tests to run, needs for an event at the most. */
export const patienceSeconds = 120

export type Setting = {
  readonly shell: Shell
  readonly systemd: boolean
  /** Another text than the script's, for tests of the tests. */
  readonly script?: string
}

/** A host on which the upgrade of i40e is staged and built: where every walk begins. */
export type Staged = Setting & {
  readonly disk: Disk
  readonly bootId: string
  readonly before: Before
  readonly job: Job
}

export async function prepare(setting: Setting): Promise<Staged> {
  const host = await SimHost.start(setting)
  try {
    const before = lookAt(host)
    const job: Job = { ...(await planFor('i40e-upgrade', host.bootId, confirmWithin)), over: 'ssh' }
    for (const ran of [await host.stage(job, id), await host.tx(id, 'build')])
      if (ran.code !== 0) throw new Error(`cannot prepare a host: ${ran.stderr}`)
    await host.settled()
    return { ...setting, disk: host.disk(), bootId: host.bootId, before, job }
  } finally {
    await host.end()
  }
}

/** Makes the events of the model happen on a simulated host. Its time stands still but for the events that are time. */
export class ModelHost {
  readonly host: SimHost
  readonly staged: Staged
  #connection: Connection | null = null
  #others = 0

  private constructor(host: SimHost, staged: Staged) {
    this.host = host
    this.staged = staged
  }

  static async start(staged: Staged): Promise<ModelHost> {
    const host = await SimHost.start(staged)
    host.clock.hold()
    makeGates(host.root, id)
    // The host knows a connection by the name of the process that carries it.
    symlinkSync('/usr/bin/dash', join(host.root, 'usr/sbin/sshd'))
    return new ModelHost(host, staged)
  }

  async end(): Promise<void> {
    this.#connection?.close()
    await this.host.end()
  }

  /** The exit code of a verb; null of what nobody asked for. */
  play(event: EventName, was: GuardContext): Promise<number | null> {
    const { clock } = this.host
    forgetGates(this.host.root)
    switch (event) {
      case 'ARM':
        return this.#tx('arm')
      case 'CANCEL':
        return this.#tx('cancel')
      case 'ROLLBACK':
        return this.#tx('rollback')
      case 'RELEASE':
        return this.#tx('release')
      case 'STATUS':
        return this.#tx('status')
      case 'FIRE':
        return this.#connect().run(txCommand(id, 'fire'))
      case 'CONFIRM_OLD_CONNECTION':
        return this.#connect().run(txCommand(id, 'confirm'), token)
      case 'CONFIRM':
      case 'CONFIRM_AGAIN':
        return this.#confirm(token)
      case 'EXTEND':
        return this.#tx('extend')
      case 'CONFIRM_WRONG':
        return this.#confirm('00000000000000000000000000000000')
      case 'STAGE_OTHER':
        // Whom nobody looks after, the second run brings to its end, and waits for it.
        if (was.guard === 'dead') openGate(this.host.root, 'undo')
        return this.#stageOther()
      case 'OTHER_LEAVES':
        return codeOf(this.host.tx(this.#other, 'cancel'))
      case 'TRIAL_OK':
        return this.#open('trial')
      case 'PERSIST_OK':
        return this.#open('persist')
      case 'UNDO_OK':
        return this.#open('undo')
      case 'TRIAL_FAILED':
        this.host.fault('insmod-fails', newI40e.version)
        return this.#open('trial')
      case 'PERSIST_FAILED':
        this.host.fault('depmod-fails')
        return this.#open('persist')
      case 'UNDO_FAILED':
        if (was.driver === 'old') this.#damage()
        else this.host.fault('insmod-fails')
        return this.#open('undo')
      case 'FIRE_WINDOW_OVER':
        // A host is left alone for longer before a second run may take it.
        clock.leap(was.phase === 'built' ? 300 : 61)
        return nothing
      case 'DEADLINE':
        clock.leap(confirmWithin + 1)
        return nothing
      case 'GUARD_STUCK':
        return this.#signal('STOP', 'guard').then(() => {
          clock.leap(confirmWithin + 17)
          return null
        })
      case 'GUARD_KILLED':
        return this.#signal('KILL', 'guard')
      case 'WATCH_KILLED':
        return this.#signal('KILL', 'watch')
      case 'BOOT':
        return this.#boot()
    }
  }

  /** What was opened, broken or damaged for an event is as before, for the next one. */
  calmDown(): void {
    closeGates(this.host.root)
    this.host.mend()
    const intact = this.staged.disk.get(this.#plan)
    if (intact) writeFileSync(join(this.host.root, this.#plan), intact.bytes)
  }

  readonly #plan = `/var/lib/nicfix/tx/${id}/m/plan`

  /** A record that is not what was sent: nothing that it says can be trusted. */
  #damage(): void {
    writeFileSync(join(this.host.root, this.#plan), 'damage\n')
  }

  #tx(verb: TxVerb): Promise<number> {
    return codeOf(this.host.tx(id, verb))
  }

  #connect(): Connection {
    return (this.#connection ??= new Connection(this.host.argv('exec /usr/sbin/sshd -s')))
  }

  /** Over a connection of its own. The last word keeps the shell from making way for the command. */
  #confirm(word: string): Promise<number> {
    const command = `exec /usr/sbin/sshd -c '${txCommand(id, 'confirm')}; exit $?'`
    return codeOf(this.host.run(command, `${word}\n`))
  }

  get #other(): string {
    return `20250101-000${this.#others}-bbbb`
  }

  async #stageOther(): Promise<number> {
    this.#others += 1
    const job = await planFor('e1000e-flow-control-off', this.host.bootId, confirmWithin)
    const { archive, sumsSha256 } = await packJob(job, this.#other, this.host.script)
    return codeOf(this.host.run(stageCommand(this.#other, sumsSha256), archive))
  }

  async #open(gate: Gate): Promise<null> {
    openGate(this.host.root, gate)
    return null
  }

  async #signal(name: 'STOP' | 'KILL', role: 'guard' | 'watch'): Promise<null> {
    const file = join(this.host.root, `var/lib/nicfix/tx/${id}/${role}`)
    const [pid] = readFileSync(file, 'utf8').split(' ')
    // What is killed is gone when the host is asked next.
    const wait = name === 'KILL' ? `; while [ -d /proc/${pid} ]; do /usr/bin/sleep 0.01; done` : ''
    await this.host.run(`kill -${name} ${pid}${wait}`)
    return null
  }

  async #boot(): Promise<null> {
    this.#connection?.close()
    this.#connection = null
    // A unit that runs before the network is waited for by the boot itself.
    if (this.staged.systemd) openGate(this.host.root, 'undo')
    await this.host.boot()
    this.host.clock.hold()
    return null
  }
}

const nothing = Promise.resolve(null)

/** Time stands still, so a host that waits for something that never comes waits for ever. */
async function codeOf(ran: Promise<Ran>): Promise<number> {
  return Promise.race([ran.then(({ code }) => code), pause(patienceSeconds * 1000).then(() => -2)])
}
