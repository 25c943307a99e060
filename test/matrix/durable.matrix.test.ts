import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { newI40e } from '../host/sim/driver.ts'
import { SimHost } from '../host/sim/sim.ts'
import { id, Recorder } from './recorder.ts'

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
  return new Recorder(host, folder)
}

describe.each(['dash', 'ash', 'bash'] as const)('durability in %s', shell => {
  // One makes new files, the other replaces one.
  it.each(['i40e-upgrade', 'e1000e-flow-control-off'] as const)(
    'promises nothing that a power cut could still take away, up to the commit of %s and back again',
    async playbook => {
      const recorder = await recorded(shell)
      await recorder.stage(60, playbook)
      await host.until(id, 'tried')
      expect(await recorder.tx('confirm')).toMatchObject({ code: 0 })
      await host.until(id, 'committed')
      await host.settled()
      void recorder.tx('rollback')
      await host.until(id, 'rolled-back')
      await host.settled()
      expect(await recorder.broken()).toEqual([])
    },
  )

  it('promises nothing too early when files were written and have to be taken back', async () => {
    const recorder = await recorded(shell)
    await recorder.stage(60)
    await host.until(id, 'tried')
    host.fault('depmod-fails')
    expect(await recorder.tx('confirm')).toMatchObject({ code: 0 })
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
