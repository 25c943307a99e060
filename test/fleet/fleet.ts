import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import type { FleetErrand } from './server.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

export type Ran = {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  /** The most memory that it ever had (VmHWM of proc(5)), in MiB. */
  readonly mebibytes: number
  readonly seconds: number
}

type Start = Partial<Omit<FleetErrand, 'hostKey' | 'socket'>> & {
  readonly user?: string
  /** Of the user's key. */
  readonly passphrase?: string
}

type Seen = {
  /** How many hosts were under way at once, at the most. */
  readonly most: number
  /** The secrets that confirm the trials. */
  readonly tokens: readonly string[]
  /** Everything that was on a command line. */
  readonly commands: readonly string[]
}

/** Hosts of their own on this machine, behind real SSH, and a controller's home beside them. */
export class Fleet {
  readonly names: readonly string[]
  readonly folder: string
  readonly #server: ChildProcess
  readonly #lines: AsyncIterableIterator<string>

  private constructor(names: readonly string[], folder: string, server: ChildProcess) {
    this.names = names
    this.folder = folder
    this.#server = server
    if (!server.stdout) throw new Error('the server has no standard output')
    this.#lines = createInterface(server.stdout)[Symbol.asyncIterator]()
  }

  static async start(
    count: number,
    { trialMs = 300, faults = {}, sudoPassword = null, user = 'root', passphrase = '' }: Start = {},
  ): Promise<Fleet> {
    const names = Array.from({ length: count }, (_, at) => `h${at + 1}`)
    const folder = mkdtempSync(join(tmpdir(), 'nicfix-fleet-'))
    for (const [key, phrase] of [['host', ''] as const, ['user', passphrase] as const])
      await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', phrase, '-f', join(folder, key)])
    const [hostKey, socket] = [join(folder, 'host'), join(folder, 'hosts')]
    const errand: FleetErrand = { hostKey, socket, trialMs, faults, sudoPassword }
    const file = join(folder, 'errand.json')
    writeFileSync(file, JSON.stringify(errand), { mode: 0o600 })
    const argv = [fileURLToPath(new URL('server.ts', import.meta.url)), file]
    const server = spawn(process.execPath, argv, { stdio: ['pipe', 'pipe', 'inherit'] })
    const fleet = new Fleet(names, folder, server)
    fleet.#write(Number(await fleet.#next()), user)
    return fleet
  }

  /** Each at an address of its own: a server lets only so many in at once. */
  #write(port: number, user: string): void {
    const key = join(this.folder, 'user')
    const hosts = this.names.map(
      (name, at) => [name, { address: `127.1.${at >> 8}.${at & 255}`, port, user, key }] as const,
    )
    const write = (name: string, text: string) =>
      writeFileSync(join(this.folder, name), text, { mode: 0o600 })
    write(
      'inventory.json',
      JSON.stringify({ 'nicfix-inventory': 1, hosts: Object.fromEntries(hosts) }),
    )
    const hostKey = readFileSync(join(this.folder, 'host.pub'), 'utf8')
    write('known_hosts', `[127.1.*]:${port} ${hostKey}`)
    write('config', `UserKnownHostsFile ${join(this.folder, 'known_hosts')}\nIdentitiesOnly yes\n`)
    const playbook = readFileSync(join(root, 'playbooks/e1000e-flow-control-off.yaml'), 'utf8')
    write('playbook.yaml', playbook.replace(/^fleet:.*$/m, ''))
  }

  async #next(): Promise<string> {
    const { value } = await this.#lines.next()
    return String(value)
  }

  async seen(): Promise<Seen> {
    this.#server.stdin?.write('\n')
    return JSON.parse(await this.#next()) as Seen
  }

  /** How to name the hosts of this fleet on a command line. */
  words = (): string[] => [
    '-i',
    join(this.folder, 'inventory.json'),
    '--ssh-config',
    join(this.folder, 'config'),
  ]

  /** Where the controller keeps what it keeps. */
  env = (): Record<string, string> => ({ XDG_STATE_HOME: join(this.folder, 'state') })

  /** Runs nicfix with the hosts of this fleet. */
  nicfix(...words: readonly string[]): Promise<Ran> {
    return this.#run([], words)
  }

  /** The same with hosts that are simulated without SSH: what is measured is all else of nicfix. */
  nicfixWithoutSsh(...words: readonly string[]): Promise<Ran> {
    return this.#run(['--import', join(root, 'test/fleet/without-ssh.js')], words)
  }

  async #run(options: readonly string[], words: readonly string[]): Promise<Ran> {
    const argv = [...options, join(root, 'src/main.js'), ...words, ...this.words()]
    const socket = join(this.folder, 'hosts')
    const env = { ...process.env, ...this.env(), NICFIX_FLEET_SOCKET: socket }
    const from = performance.now()
    const child = spawn(process.execPath, argv, { env, stdio: ['ignore', 'pipe', 'pipe'] })
    const out: string[] = []
    const error: string[] = []
    child.stdout.on('data', (piece: Buffer) => out.push(piece.toString()))
    child.stderr.on('data', (piece: Buffer) => error.push(piece.toString()))
    let kibibytes = 0
    const watching = setInterval(() => (kibibytes = peakOf(child.pid) ?? kibibytes), 50)
    const [code] = (await once(child, 'close')) as [number | null]
    clearInterval(watching)
    const seconds = (performance.now() - from) / 1000
    const [stdout, stderr] = [out.join(''), error.join('')]
    return { code, stdout, stderr, mebibytes: kibibytes / 1024, seconds }
  }

  playbook = (): string => join(this.folder, 'playbook.yaml')

  async end(): Promise<void> {
    this.#server.stdin?.end()
    await once(this.#server, 'exit')
    rmSync(this.folder, { recursive: true, force: true })
  }
}

function peakOf(pid: number | undefined): number | undefined {
  try {
    const [, peak] = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return peak === undefined ? undefined : Number(peak)
  } catch {
    return undefined
  }
}
