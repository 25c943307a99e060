import { createHash } from 'node:crypto'
import type { Exit } from '../../src/model/exit.ts'
import type { TxEventName, TxPhase, TxState } from '../../src/model/tx.ts'
import { problem, Trouble } from '../../src/problems.ts'
import type { Connection, Host, RunOptions } from '../../src/remote/host.ts'
import { piecesOf } from '../../src/remote/input.ts'
import type { FakeClock, Faults } from './faults.ts'
import { exited, lost, nameOf } from './answers.ts'
import { unpack } from './unpack.ts'

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** A host that keeps the protocol of src/host/protocol.ts, with a clock and faults that the test holds. */
export class FakeHost implements Host {
  readonly name: string = 'h1'
  readonly vars = {}
  readonly lab = false
  readonly clock: FakeClock
  readonly faults: Faults
  /** Names of the commands that reached the host. */
  readonly commands: string[] = []
  /** Everything that was on a command line. */
  readonly argv: string[] = []
  onCommand: (name: string) => void = () => {}
  files = new Map<string, Buffer>()
  bootId = 'boot-1'
  value = 'on'
  /** From the firing to the end of the trial. */
  trialMs = 4000
  connections = 0
  id = ''
  state: TxState = 'staged'
  private phase: TxPhase = 'staged'
  private armedMs = 0
  private firedMs: number | null = null
  private confirmedMs: number | null = null
  private undoneMs: number | null = null
  private deadlineMs: number | null = null
  private lostOnce = false
  private readonly log: string[] = []

  constructor(clock: FakeClock, faults: Faults = {}) {
    this.clock = clock
    this.faults = faults
  }

  private get isGone(): boolean {
    const { gone } = this.faults
    if (!gone || this.firedMs === null) return false
    const seconds = (this.clock.ms - this.firedMs) / 1000
    return seconds >= gone.from && seconds < gone.from + gone.seconds
  }

  connect(): Promise<Connection> {
    this.clock.ms += 100
    this.tick()
    if (this.faults.unreachable || this.isGone) {
      const trouble = new Trouble(problem('NF6003', 'h1 cannot be reached', 'look at it'))
      return Promise.reject(trouble)
    }
    this.connections += 1
    let open = true
    const { otherKeyFrom = Infinity } = this.faults
    const hostKey = this.connections >= otherKeyFrom ? 'SHA256:b' : 'SHA256:a'
    return Promise.resolve({
      hostKey,
      via: 'ssh root@h1:22',
      run: (command: string, options: RunOptions) => {
        if (!open) return Promise.resolve(lost())
        return this.run(command, options)
      },
      close: () => {
        open = false
        return Promise.resolve()
      },
    })
  }

  private async run(command: string, { stdin }: RunOptions): Promise<Exit> {
    this.argv.push(command)
    this.clock.ms += 50
    this.tick()
    const name = nameOf(command)
    if (this.isGone) return lost()
    const { lose } = this.faults
    const loses = lose?.at === name && !this.lostOnce
    if (loses) this.lostOnce = true
    if (loses && lose.when === 'before') return lost()
    this.commands.push(name)
    this.onCommand(name)
    const exit = await this.serve(name, command, Buffer.concat(piecesOf(stdin)))
    return this.isGone || loses ? lost() : exit
  }

  private async serve(name: string, command: string, stdin: Buffer): Promise<Exit> {
    if (name === 'probe') return exited(0, this.facts())
    if (name === 'stage') return this.stage(command, stdin)
    if (this.id === '' || !command.includes(this.id)) return exited(4, '', 'no such transaction')
    switch (name) {
      case 'build':
        if (this.faults.buildFails) return exited(1, '', 'make failed\nerror: no such header')
        for (const each of this.changes('build')) this.record(each, 'begin', 'applied', 'verified')
        this.phase = 'built'
        break
      case 'arm':
        if (this.faults.armFails) {
          this.state = 'cancelled'
          return exited(1, '', 'the guard did not get ready')
        }
        this.state = 'pending'
        this.phase = 'ready'
        this.armedMs = this.clock.ms
        break
      case 'fire':
        this.firedMs ??= this.clock.ms
        this.deadlineMs = this.clock.ms + 180_000
        break
      case 'wait': {
        const [seconds = 0, seq = 0] = command.split(' ').slice(-2).map(Number)
        const untilMs = this.clock.ms + seconds * 1000
        while (this.clock.ms < untilMs && this.log.length <= seq && !this.isGone) {
          await this.pause()
          this.tick()
        }
        return exited(0, this.block(seq))
      }
      case 'confirm':
        return this.confirm(stdin.toString())
      case 'cancel':
      case 'rollback':
        if (this.state === 'staged') this.state = 'cancelled'
        else if (!['rolled-back', 'cancelled'].includes(this.state)) this.beginRollback()
        break
      case 'release':
        if (this.faults.releaseFails) return exited(1, '', 'the lock is not there')
        break
      case 'verify':
        return exited(0, this.block(0) + this.facts())
      default:
    }
    return exited(0, this.block(0))
  }

  private async stage(command: string, archive: Buffer): Promise<Exit> {
    const [, id = '', sums = ''] = /tx stage (\S+) (\S+)$/.exec(command) ?? []
    this.files = await unpack(archive)
    if (sha256(this.files.get('SHA256SUMS') ?? Buffer.alloc(0)) !== sums) {
      return exited(1, '', 'what arrived is not what was sent')
    }
    if (this.faults.locked) return exited(7, 'owner run 20261122-0101-aaaa by ann@desk\n', 'held')
    if (this.faults.stageRefuses) return exited(8, '', '/etc/x is not the file of the plan')
    this.id = id
    for (const each of this.changes('persist')) this.record(each, 'backed-up')
    return exited(0, this.block(0))
  }

  private confirm(stdin: string): Exit {
    this.clock.ms += this.faults.confirmTakesMs ?? 0
    this.tick()
    if (stdin.trim() !== this.files.get('m/token')?.toString()) return exited(8, '', 'wrong token')
    if (this.state === 'pending' && this.phase === 'tried') {
      this.state = 'confirmed'
      this.confirmedMs = this.clock.ms
    } else if (this.state !== 'confirmed' && this.state !== 'committed') {
      return exited(3, this.block(0), `too late: the host is ${this.state}`)
    }
    return exited(0, this.block(0))
  }

  private beginRollback(): void {
    this.state = 'rollback'
    this.phase = 'rolling-back'
    this.undoneMs = this.clock.ms
    this.record('-', 'note')
  }

  /** Lets the guard do what it would have done by now. */
  tick(): void {
    const now = this.clock.ms
    const sinceFire = this.firedMs === null ? -1 : now - this.firedMs
    // An armed guard waits a minute for the word to begin.
    const isForgotten = this.firedMs === null && now - this.armedMs >= 60_000
    if (this.state === 'pending' && this.phase === 'ready' && isForgotten) this.state = 'cancelled'
    if (this.state === 'pending' && this.phase === 'ready' && sinceFire >= 1000) {
      this.phase = 'trying'
      for (const each of this.changes('trial')) this.record(each, 'begin')
    }
    if (this.state === 'pending' && this.phase === 'trying' && sinceFire >= this.trialMs)
      this.endTrial()
    if (this.state === 'pending' && this.deadlineMs !== null && now >= this.deadlineMs) {
      this.beginRollback()
    }
    if (this.state === 'confirmed' && now - (this.confirmedMs ?? now) >= 2000) this.endPersist()
    if (this.state === 'rollback' && now - (this.undoneMs ?? now) >= 3000) this.endRollback()
  }

  private endTrial(): void {
    const trial = this.changes('trial')
    if (this.faults.trialFails) {
      for (const each of trial) this.record(each, 'failed')
      this.beginRollback()
      return
    }
    this.value = this.faults.trialMisses ? 'on' : 'off'
    for (const each of trial) this.record(each, 'applied', 'verified')
    this.log.push(
      `event ${this.log.length + 1} ${Math.round(this.clock.ms / 1000)} - note link was gone for at most 2.50 s`,
    )
    this.phase = 'tried'
    if (this.faults.rebootsAfterTrial) {
      this.bootId = 'boot-2'
      this.value = 'on'
    }
  }

  private endPersist(): void {
    const persist = this.changes('persist')
    for (const each of persist) this.record(each, 'begin')
    if (this.faults.persistFails) {
      for (const each of persist) this.record(each, 'failed')
      this.beginRollback()
      return
    }
    for (const each of persist) this.record(each, 'applied', 'verified')
    this.state = 'committed'
    this.phase = 'ended'
    if (this.faults.proofFails) this.value = 'on'
  }

  private endRollback(): void {
    this.phase = 'ended'
    for (const each of this.changes('trial')) {
      if (!this.log.some(line => line.includes(` ${each} begin`))) continue
      this.record(each, 'undo', this.faults.rollbackFails ? 'stuck' : 'undone')
    }
    this.state = this.faults.rollbackFails ? 'failed' : 'rolled-back'
    if (!this.faults.rollbackFails) this.value = this.faults.leavesDirt ? 'dirt' : 'on'
  }

  /** Ids of the changes of that phase, as they were staged. */
  private changes(phase: 'build' | 'trial' | 'persist'): string[] {
    return [...this.files].flatMap(([name, content]) => {
      const [, id] = /^c\/(\d+)\/phase$/.exec(name) ?? []
      return id !== undefined && content.toString().trim() === phase ? [id] : []
    })
  }

  /** A moment passes, on the clock of the test. */
  protected pause(): Promise<void> {
    this.clock.ms += 100
    return Promise.resolve()
  }

  private record(change: string, ...names: TxEventName[]): void {
    const up = Math.round(this.clock.ms / 1000)
    for (const name of names) {
      this.log.push(`event ${this.log.length + 1} ${up} ${change} ${name} said by h1`)
    }
  }

  private block(after: number): string {
    const isArmed = this.state === 'pending' && this.deadlineMs !== null
    const left = isArmed ? Math.floor(((this.deadlineMs ?? 0) - this.clock.ms) / 1000) : '-'
    const lines = [
      `nicfix-tx 1\nid ${this.id}\nplaybook pause-off\nstate ${this.state}`,
      `phase ${this.phase}\nguard alive\ndeadline ${left}`,
      `boot ${this.bootId === 'boot-1' ? 'same' : 'other'}\noutput 01 version 1.0`,
      ...this.log.slice(after),
    ]
    return `${lines.join('\n')}\nend\n`
  }

  protected facts(): string {
    return JSON.stringify({ bootId: this.bootId, value: this.value })
  }
}
