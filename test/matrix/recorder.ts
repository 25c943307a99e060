import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { stageCommand, txCommand } from '../../src/host/protocol.ts'
import type { TxVerb } from '../../src/host/protocol.ts'
import { packJob, planFor, token } from '../host/sim/fresh.ts'
import { run } from '../host/sim/ran.ts'
import type { Ran } from '../host/sim/ran.ts'
import type { SimHost } from '../host/sim/sim.ts'
import { readCalls } from './audit.ts'
import { brokenPromises } from './promises.ts'

export const id = '20260101-0000-aaaa'
const calls =
  'openat,write,sendfile,copy_file_range,ftruncate,rename,renameat,renameat2,fsync,fdatasync,sync,syncfs,unlink,unlinkat,' +
  'mkdir,mkdirat,rmdir,symlink,symlinkat,chmod,fchmod,fchmodat,chown,fchown,fchownat,execve'

function mustWork({ code, stderr }: Ran): void {
  if (code !== 0) throw new Error(`exit code ${code}: ${stderr}`)
}

/** A run on a simulated host of which every call is written down. */
export class Recorder {
  readonly #host: SimHost
  readonly #folder: string
  #count = 0
  readonly #open: Promise<Ran>[] = []

  constructor(host: SimHost, folder: string) {
    this.#host = host
    this.#folder = folder
  }

  /** Runs it under trace. What it leaves running goes on, and is traced to its end. */
  traced(text: string, input: string | Uint8Array = ''): Promise<Ran> {
    const file = join(this.#folder, String(this.#count++).padStart(2, '0'))
    const options = ['-f', '-y', '-qq', '-ttt', '-s', '300', '-o', file, '-e', `trace=${calls}`]
    const ran = run(['strace', ...options, ...this.#host.argv(text)], input)
    this.#open.push(ran)
    return ran
  }

  tx(verb: TxVerb): Promise<Ran> {
    return this.traced(txCommand(id, verb), verb === 'confirm' ? `${token}\n` : '')
  }

  async stage(
    confirmWithin: number,
    playbook: Parameters<typeof planFor>[0] = 'i40e-upgrade',
  ): Promise<void> {
    const job = await planFor(playbook, this.#host.bootId, confirmWithin)
    const { archive, sumsSha256 } = await packJob(job, id, this.#host.script)
    mustWork(await this.traced(stageCommand(id, sumsSha256), archive))
    mustWork(await this.tx('build'))
    // strace stays for the guard, so this does not end before the transaction does.
    void this.tx('arm')
    await this.#host.until(id, 'ready')
    mustWork(await this.tx('fire'))
  }

  /** What was promised too early, once nothing runs any more. */
  async broken(): Promise<string[]> {
    await Promise.all(this.#open)
    const texts = readdirSync(this.#folder).map(name =>
      readFileSync(join(this.#folder, name), 'utf8'),
    )
    const all = texts.flatMap(readCalls).toSorted((a, b) => a.at - b.at)
    return brokenPromises(all, this.#host.root)
  }
}
