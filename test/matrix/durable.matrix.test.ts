import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { newI40e } from '../host/sim/driver.ts'
import { freshDisk } from '../host/sim/fresh.ts'
import type { Shell } from '../host/sim/root.ts'
import { SimHost } from '../host/sim/sim.ts'
import type { Start } from '../host/sim/sim.ts'
import { id, Recorder } from './recorder.ts'
import { pick } from './share.ts'

let host: SimHost
let folder = ''
afterEach(async () => {
  await host.end()
  rmSync(folder, { recursive: true, force: true })
})

/** A run on the simulated host of which every call is written down. */
async function recorded(shell: Shell, start: Start = {}): Promise<Recorder> {
  folder = mkdtempSync(join(tmpdir(), 'nicfix-durable-'))
  host = await SimHost.start({ ...start, shell })
  return new Recorder(host, folder)
}

describe.each(pick(['dash', 'ash', 'bash'] as const, 1, 0))('durability in %s', shell => {
  // One makes new files, the other replaces one.
  it.each(['i40e-upgrade', 'e1000e-flow-control-off'] as const)(
    'promises nothing that a power cut could still take away, up to the commit of %s and back again',
    async playbook => {
      const recorder = await recorded(shell)
      await recorder.stage(600, playbook)
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
    await recorder.stage(600)
    await host.until(id, 'tried')
    host.fault('depmod-fails')
    expect(await recorder.tx('confirm')).toMatchObject({ code: 0 })
    await host.until(id, 'rolled-back')
    await host.settled()
    expect(await recorder.broken()).toEqual([])
  })

  it('notes an attempt durably before the boot hook touches a driver', async () => {
    const recorder = await recorded(shell)
    await recorder.stage(600)
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

  it('promises nothing too early when the process that confirms is killed in the middle of it', async () => {
    const recorder = await recorded(shell)
    const isIt = 'case "$*" in */token/pending*/token/confirmed)'
    const killed = `${isIt} /usr/bin/mv "$@"; kill -9 $PPID; exit ;; esac`
    host.tool('mv', killed, 'exec /usr/bin/mv "$@"')
    await recorder.stage(600, 'e1000e-flow-control-off')
    await host.until(id, 'tried')
    await recorder.tx('confirm')
    await host.until(id, 'committed')
    await host.settled()
    expect(await recorder.broken()).toEqual([])
  })

  it('promises nothing too early when the copy beside a target is gone', async () => {
    const recorder = await recorded(shell)
    await recorder.stage(600, 'e1000e-flow-control-off')
    await host.until(id, 'tried')
    rmSync(join(host.root, `etc/network/.nicfix-${id}-02.old`))
    appendFileSync(join(host.root, 'etc/network/interfaces'), '# by hand\n')
    await recorder.tx('confirm')
    await host.until(id, 'rolled-back')
    await host.settled()
    expect(await recorder.broken()).toEqual([])
  })

  it('promises nothing too early when a rollback fails, and is asked for again', async () => {
    const disk = freshDisk({ '/etc/motd': 'welcome\n' })
    const recorder = await recorded(shell, { systemd: true, disk })
    await recorder.stage(600)
    await host.until(id, 'tried')
    host.fault('rmmod-busy')
    void recorder.tx('rollback')
    await host.until(id, 'failed')
    await host.settled()
    host.mend()
    void recorder.tx('rollback')
    await host.until(id, 'rolled-back')
    await host.settled()
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
