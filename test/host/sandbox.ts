import { execFileSync, spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { scriptUnderTest } from './script-under-test.ts'

/** One change as the host gets it: file name below c/NN → value. */
export type RawChange = Record<string, string>

export type Ran = { code: number; stdout: string; stderr: string }

/**
 * A host without a machine: real sh, real file system, real processes, in mount and process namespaces of its own with an
 * empty /var/lib/nicfix. It has no NIC to change; it is for what the script does with files, states, locks and guards.
 */
export class Sandbox {
  readonly root = mkdtempSync(join(tmpdir(), 'nicfix-sandbox-'))
  readonly shell: string
  readonly #init: ChildProcess
  readonly #pid: string

  constructor(shell = 'sh') {
    this.shell = shell
    mkdirSync(join(this.root, 'state'))
    mkdirSync('/var/lib/nicfix', { recursive: true })
    const setup = `mount --bind ${this.root}/state /var/lib/nicfix && echo ready && exec sleep 600`
    this.#init = spawn(
      'unshare',
      ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc', 'sh', '-c', setup],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    this.#pid = waitFor(() => {
      const children = spawnSync('pgrep', ['-P', String(this.#init.pid)], {
        encoding: 'utf8',
      }).stdout.trim()
      const ready =
        children && this.#enter(children, ['mountpoint', '-q', '/var/lib/nicfix']).code === 0
      return ready ? children : undefined
    })
  }

  #enter(pid: string, argv: string[], input?: string | Uint8Array): Ran {
    const child = spawnSync('nsenter', ['-t', pid, '-m', '-p', ...argv], {
      encoding: 'utf8',
      ...(input === undefined ? {} : { input }),
    })
    return { code: child.status ?? -1, stdout: child.stdout, stderr: child.stderr }
  }

  run(argv: string[], input?: string | Uint8Array): Ran {
    return this.#enter(this.#pid, argv, input)
  }

  /** `tx VERB ID …` with this sandbox's shell. */
  tx(verb: string, id: string, rest: string[] = [], input = ''): Ran {
    return this.run(
      [...this.shell.split(' '), `/var/lib/nicfix/tx/${id}/nicfix.sh`, 'tx', verb, id, ...rest],
      input,
    )
  }

  /** Unpacks and stages a transaction of these changes, as the controller does with one tar. */
  stage(id: string, changes: RawChange[], more: Record<string, string> = {}): Ran {
    const dir = join(this.root, 'state', 'tx', `${id}.part`)
    const files: Record<string, string> = {
      'nicfix.sh': scriptUnderTest(),
      'm/id': id,
      'm/playbook': 'test',
      'm/plan': 'sha256:0',
      'm/token': '0123456789abcdef',
      'm/confirm-within': '20',
      'm/machine-id': readFileSync('/etc/machine-id', 'utf8').trim(),
      'm/boot-id': readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
      'm/kernel': execFileSync('uname', ['-r'], { encoding: 'utf8' }).trim(),
      'm/controller': 'test@here',
      'm/over': 'local',
      ...more,
    }
    changes.forEach((change, index) => {
      for (const [name, value] of Object.entries(change))
        files[`c/${String(index + 1).padStart(2, '0')}/${name}`] = value
    })
    for (const [name, value] of Object.entries(files)) {
      mkdirSync(join(dir, name, '..'), { recursive: true })
      writeFileSync(join(dir, name), value)
    }
    const sums = Object.entries(files)
      .map(([name, value]) => `${sha256(value)}  ${name}\n`)
      .join('')
    writeFileSync(join(dir, 'SHA256SUMS'), sums)
    return this.run([
      ...this.shell.split(' '),
      `/var/lib/nicfix/tx/${id}.part/nicfix.sh`,
      'tx',
      'stage',
      id,
      sha256(sums),
    ])
  }

  /** Another boot id from now on; what runs goes on running. */
  newBoot(): string {
    const id = '00000000-0000-4000-8000-000000000001'
    writeFileSync(join(this.root, 'boot_id'), `${id}\n`)
    const real = '/proc/sys/kernel/random/boot_id'
    this.run(['mount', '--bind', join(this.root, 'boot_id'), real])
    return id
  }

  /** Long-polls until the transaction is over or in that phase. */
  until(id: string, word: string, seconds = 120): string {
    const from = process.hrtime.bigint()
    for (;;) {
      const block = this.tx('status', id).stdout
      if (new RegExp(`^(state|phase) ${word}$`, 'm').test(block)) return block
      if (process.hrtime.bigint() - from > BigInt(seconds) * 1_000_000_000n)
        throw new Error(`not ${word} within ${seconds} s:\n${block}\n${this.log(id)}`)
      spawnSync('sleep', ['0.2'])
    }
  }

  log(id: string): string {
    return this.run(['cat', `/var/lib/nicfix/tx/${id}/out`]).stdout
  }

  /** A folder outside of the state directory, for target files. */
  folder(name: string, files: Record<string, string> = {}): string {
    const dir = join(this.root, name)
    mkdirSync(dir)
    for (const [file, text] of Object.entries(files))
      writeFileSync(join(dir, file), text, { mode: 0o644 })
    return dir
  }

  snapshot(dir: string): Record<string, string> {
    const listing = execFileSync('find', [dir, '-printf', '%P %m %u:%g %y\\n'], {
      encoding: 'utf8',
    })
    return Object.fromEntries(
      listing
        .trimEnd()
        .split('\n')
        .map(line => {
          const [path = '', ...rest] = line.split(' ')
          return [
            path,
            rest.join(' ') + (rest[2] === 'f' ? ' ' + sha256(readFileSync(join(dir, path))) : ''),
          ]
        }),
    )
  }

  copyTo(target: string): void {
    cpSync(this.root, target, { recursive: true })
  }

  end(): void {
    this.#init.kill('SIGKILL')
    rmSync(this.root, { recursive: true, force: true })
  }
}

export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}

/** A write-file change of a text. */
export function writeChange(
  path: string,
  before: string | null,
  after: string,
  more: RawChange = {},
): RawChange {
  return {
    kind: 'write-file',
    phase: 'persist',
    title: `write ${path}`,
    path,
    mode: '0644',
    owner: '0:0',
    expect: before === null ? 'absent' : sha256(before),
    content: after,
    ...more,
  }
}

function waitFor<T>(probe: () => T | undefined): T {
  for (let n = 0; n < 100; n++) {
    const value = probe()
    if (value !== undefined && value !== '') return value
    spawnSync('sleep', ['0.05'])
  }
  throw new Error('the sandbox did not start')
}
