import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { stageCommand, txCommand } from '../../src/host/protocol.ts'
import type { TxVerb } from '../../src/host/protocol.ts'
import { newI40e } from '../host/sim/driver.ts'
import { packJob, planFor, token } from '../host/sim/fresh.ts'
import { run } from '../host/sim/ran.ts'
import type { Ran } from '../host/sim/ran.ts'
import { SimHost } from '../host/sim/sim.ts'
import { readCalls } from './audit.ts'
import { brokenPromises } from './promises.ts'

const id = '20260101-0000-aaaa'
const calls =
  'openat,write,sendfile,copy_file_range,ftruncate,rename,renameat,renameat2,fsync,fdatasync,sync,syncfs,unlink,unlinkat,' +
  'mkdir,mkdirat,rmdir,symlink,symlinkat,chmod,fchmod,fchmodat,chown,fchown,fchownat,execve'

let host: SimHost
let folder = ''
afterEach(async () => {
  await host.end()
  rmSync(folder, { recursive: true, force: true })
})

/** A run on the simulated host of which every call is written down. */
async function recorded(shell: 'dash' | 'bash' | 'ash'): Promise<Recorder> {
  folder = mkdtempSync(join(tmpdir(), 'nicfix-durable-'))
  host = await SimHost.start({ shell })
  return new Recorder()
}

class Recorder {
  #count = 0
  readonly #open: Promise<Ran>[] = []

  /** Runs it under trace. What it leaves running goes on, and is traced to its end. */
  traced(text: string, input: string | Uint8Array = ''): Promise<Ran> {
    const file = join(folder, String(this.#count++).padStart(2, '0'))
    const options = ['-f', '-y', '-qq', '-ttt', '-s', '300', '-o', file, '-e', `trace=${calls}`]
    const ran = run(['strace', ...options, ...host.argv(text)], input)
    this.#open.push(ran)
    return ran
  }

  tx(verb: TxVerb): Promise<Ran> {
    return this.traced(txCommand(id, verb), verb === 'confirm' ? `${token}\n` : '')
  }

  async stage(confirmWithin: number): Promise<void> {
    const job = await planFor('i40e-upgrade', host.bootId, confirmWithin)
    const { archive, sumsSha256 } = await packJob(job, id, host.script)
    expect(await this.traced(stageCommand(id, sumsSha256), archive)).toMatchObject({ code: 0 })
    expect(await this.tx('build')).toMatchObject({ code: 0 })
    // strace stays for the guard, so this does not end before the transaction does.
    void this.tx('arm')
    await host.until(id, 'ready')
    expect(await this.tx('fire')).toMatchObject({ code: 0 })
  }

  /** What was promised too early, once nothing runs any more. */
  async broken(): Promise<string[]> {
    await Promise.all(this.#open)
    const texts = readdirSync(folder).map(name => readFileSync(join(folder, name), 'utf8'))
    const all = texts.flatMap(readCalls).toSorted((a, b) => a.at - b.at)
    return brokenPromises(all, host.root)
  }
}

describe.each(['dash', 'ash', 'bash'] as const)('durability in %s', shell => {
  it('promises nothing that a power cut could still take away, up to the commit and back again', async () => {
    const recorder = await recorded(shell)
    await recorder.stage(60)
    await host.until(id, 'tried')
    expect(await recorder.tx('confirm')).toMatchObject({ code: 0 })
    await host.until(id, 'committed')
    await host.settled()
    void recorder.tx('rollback')
    await host.until(id, 'rolled-back')
    await host.settled()
    expect(await recorder.broken()).toEqual([])
  })

  it('notes an attempt durably before the boot hook touches a driver', async () => {
    const recorder = await recorded(shell)
    await recorder.stage(60)
    await host.until(id, 'tried')
    await recorder.tx('confirm')
    await host.until(id, 'committed')
    await host.settled()
    await host.boot()
    await host.settled()
    // As early boot leaves it, so that the hook has something to do while it is watched.
    await host.run(
      'modprobe -r i40e; insmod /lib/modules/$(uname -r)/kernel/drivers/net/ethernet/intel/i40e/i40e.ko',
    )
    await recorder.traced('sh /var/lib/nicfix/boot in-background')
    expect(host.kernelState().modules['i40e']).toBe(newI40e.buildId)
    expect(await recorder.broken()).toEqual([])
  })

  it('promises nothing too early when nobody confirms', async () => {
    const recorder = await recorded(shell)
    await recorder.stage(5)
    await host.until(id, 'rolled-back')
    await host.settled()
    expect(await recorder.broken()).toEqual([])
  })
})
