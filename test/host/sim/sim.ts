import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseAnswer, stageCommand, txCommand } from '../../../src/host/protocol.ts'
import type { TxVerb } from '../../../src/host/protocol.ts'
import { scriptUnderTest } from '../script-under-test.ts'
import type { TxStatus } from '../../../src/model/tx.ts'
import { Uptime } from './clock.ts'
import { readDisk, writeDisk } from './disk.ts'
import type { Disk } from './disk.ts'
import { hardware, kernel, moduleText, stockE1000e, stockI40e } from './driver.ts'
import { freshDisk, packJob, token } from './fresh.ts'
import type { Job } from './fresh.ts'
import { readKernel } from './kernel.ts'
import { describeProcess, initBelow, processesBeside } from './processes.ts'
import type { KernelState } from './kernel.ts'
import { pause, run } from './ran.ts'
import type { Ran } from './ran.ts'
import { enterRoot, makeRoot } from './root.ts'
import type { Shell } from './root.ts'

/** What the fake kernel or a tool does wrong; each is something that the real one was seen to do. */
export type Fault =
  | 'insmod-fails'
  | 'no-netdev'
  | 'no-carrier'
  | 'late-carrier'
  | 'link-flaps'
  | 'other-mac'
  | 'other-name'
  | 'blackhole'
  | 'wrong-build'
  | 'rmmod-busy'
  | 'rmmod-hangs'
  | 'depmod-fails'
  | 'make-fails'
  | 'ethtool-lies'
  | 'wrong-version'
  | 'panic'
  | 'systemd-run-fails'
  | 'systemd-run-hangs'

export type Start = {
  readonly shell?: Shell
  readonly disk?: Disk
  /** How many times faster time runs: 1 or 10. */
  readonly rate?: 1 | 10
  readonly bootId?: string
  readonly script?: string
  /** Is systemd process 1, to run units at boot and detached services? */
  readonly systemd?: boolean
  /** Does early boot load the drivers off the disk, as with an initramfs made anew? */
  readonly driversFromDisk?: boolean
}

/** Starts the command that boots the host; a test may watch it. */
export type Launch = (argv: readonly string[]) => ChildProcess

const launchPlainly: Launch = ([command = '', ...rest]) => spawn(command, rest, { stdio: 'pipe' })

const home = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

/**
 * A host in namespaces of its own: a real shell, real processes and files on a root file system of its own, under a
 * fake kernel. It can lose its power at any moment and boot again from what is on its disk.
 */
export class SimHost {
  readonly root: string
  readonly shell: Shell
  readonly script: string
  readonly #rate: 1 | 10
  #bootId: string
  #unshare: ChildProcess | null = null
  #init = 0
  #clock: Uptime | null = null

  private constructor({ shell = 'dash', rate = 10, bootId, script }: Start) {
    this.shell = shell
    this.script = script ?? scriptUnderTest()
    this.#rate = rate
    this.#bootId = bootId ?? randomUUID()
    this.root = mkdtempSync(join(home, 'nicfix-sim-'))
  }

  /** A host that is up: of that disk, or a new one. */
  static async start(start: Start = {}): Promise<SimHost> {
    const host = SimHost.off(start)
    await host.#powerOn(launchPlainly)
    return host
  }

  /** The same before its power is switched on. */
  static off(start: Start = {}): SimHost {
    const host = new SimHost(start)
    makeRoot(host.root, host.shell)
    writeDisk(host.root, start.disk ?? freshDisk())
    host.#control('rate', String(host.#rate))
    host.#control('release', `${kernel}\n`)
    host.#control('hardware', `${hardware.join('\n')}\n`)
    for (const driver of [stockE1000e, stockI40e])
      host.#control(`initramfs/${driver.name}.ko`, moduleText(driver))
    if (start.driversFromDisk) host.#control('drivers-from-disk', '')
    if (start.systemd) host.#control('systemd', '')
    return host
  }

  #control(name: string, text: string): void {
    writeFileSync(join(this.root, 'control', name), text)
  }

  async #powerOn(launch: Launch): Promise<void> {
    const memory = join(this.root, 'kernel')
    rmSync(memory, { recursive: true, force: true })
    for (const folder of ['sys/class/net', 'sys/module', 'sys/bus/pci/drivers', 'run', 'net'])
      mkdirSync(join(memory, folder), { recursive: true })
    for (const line of hardware)
      mkdirSync(join(memory, 'sys/bus/pci/devices', line.split(' ')[0] ?? ''), { recursive: true })
    for (const file of ['dmesg', 'journal', 'run/ifstate']) writeFileSync(join(memory, file), '')
    this.#control('boot-id', `${this.#bootId}\n`)
    this.#clock = new Uptime(join(this.root, 'control/uptime'), this.#rate)
    const argv = ['--mount', '--pid', '--fork', '--kill-child', 'sh', '-c', enterRoot(this.root)]
    const unshare = launch(['unshare', ...argv])
    this.#unshare = unshare
    await booted(unshare)
    this.#init = initBelow(unshare.pid ?? 0)
  }

  get bootId(): string {
    return this.#bootId
  }

  get isUp(): boolean {
    return this.#unshare !== null && this.#unshare.exitCode === null && !this.#unshare.signalCode
  }

  get clock(): Uptime {
    if (!this.#clock) throw new Error('the host is down')
    return this.#clock
  }

  /** The command that runs `sh -c TEXT` on the host, as sshd would. */
  argv(text: string): string[] {
    return ['nsenter', '-t', String(this.#init), '-m', '-p', '-r', '-w', '/bin/sh', '-c', text]
  }

  run(text: string, input: string | Uint8Array = ''): Promise<Ran> {
    return run(this.argv(text), input)
  }

  async stage(job: Job, id: string): Promise<Ran> {
    const { archive, sumsSha256 } = await packJob(job, id, this.script)
    return this.run(stageCommand(id, sumsSha256), archive)
  }

  tx(id: string, verb: TxVerb, ...numbers: number[]): Promise<Ran> {
    return this.run(txCommand(id, verb, ...numbers), verb === 'confirm' ? `${token}\n` : '')
  }

  async status(id: string): Promise<TxStatus> {
    const { stdout, stderr } = await this.tx(id, 'status')
    const answer = parseAnswer(stdout)
    const block = answer.kind === 'blocks' ? answer.blocks[0] : undefined
    if (!block) throw new Error(`no status of ${id}: ${stdout}${stderr}`)
    return block.status
  }

  /** Waits for a state or a phase. */
  async until(id: string, word: string, seconds = 120): Promise<TxStatus> {
    const limit = process.hrtime.bigint() + BigInt(seconds) * 1_000_000_000n
    for (;;) {
      const status = await this.status(id)
      if (status.state === word || status.phase === word) return status
      if (process.hrtime.bigint() > limit)
        throw new Error(`not ${word} within ${seconds} s: ${JSON.stringify(status, null, 1)}`)
      await pause(50)
    }
  }

  /** Waits until nothing runs on the host any more: no guard, no hook, no session. */
  async settled(seconds = 240): Promise<void> {
    const limit = process.hrtime.bigint() + BigInt(seconds) * 1_000_000_000n
    while (this.isUp && processesBeside(this.#init).length > 0) {
      if (process.hrtime.bigint() > limit) throw new Error(`still busy: ${this.busyWith()}`)
      await pause(20)
    }
  }

  /** What runs there now, for people. */
  busyWith(): string {
    return processesBeside(this.#init).map(describeProcess).join('; ')
  }

  /** Pids, as this machine counts, of what runs there beside process 1. */
  processes(): number[] {
    return processesBeside(this.#init)
  }

  disk(): Disk {
    return readDisk(this.root)
  }

  kernelState(): KernelState {
    return readKernel(this.root)
  }

  /** Puts a command on the host that PATH finds before any other of that name. */
  tool(name: string, ...lines: string[]): void {
    const path = join(this.root, 'usr/sbin', name)
    rmSync(path, { force: true })
    writeFileSync(path, `#!/usr/bin/dash\n${lines.join('\n')}\n`, { mode: 0o755 })
  }

  /** Switches a misbehaviour on, for every driver or only for one version; the text is a pattern of the shell. */
  fault(name: Fault, version = '*'): void {
    this.#control(`faults/${name}`, `${version}\n`)
  }

  mend(): void {
    rmSync(join(this.root, 'control/faults'), { recursive: true, force: true })
    mkdirSync(join(this.root, 'control/faults'))
  }

  /** Everything stops at once; only the disk is left. */
  async powerCut(): Promise<void> {
    const unshare = this.#unshare
    if (unshare && this.isUp) {
      const gone = new Promise(resolve => unshare.on('exit', resolve))
      // All others go down with process 1.
      killIfThere(this.#init || initBelow(unshare.pid ?? 0))
      await gone
    }
    this.#clock?.stop()
    this.#unshare = null
    this.#init = 0
  }

  /** Boots from the disk: a new boot id, the drivers of the initramfs, the network, rc.local. */
  async boot(launch: Launch = launchPlainly): Promise<void> {
    await this.powerCut()
    this.#bootId = randomUUID()
    await this.#powerOn(launch)
  }

  async end(): Promise<void> {
    await this.powerCut()
    rmSync(this.root, { recursive: true, force: true })
  }
}

/** A host that has panicked in this very moment has no process 1 any more. */
function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Resolves when init says that the boot is over; what boots in the background goes on. */
function booted(unshare: ChildProcess): Promise<void> {
  let said = ''
  unshare.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text))
  return new Promise<void>((resolve, reject) => {
    unshare.stdout?.setEncoding('utf8').on('data', (text: string) => {
      if (text.includes('booted')) resolve()
    })
    unshare.on('exit', () => reject(new Error(`the host went down while it booted: ${said}`)))
  })
}
