import { afterEach, describe, expect, it } from 'vitest'
import { differences } from './sim/disk.ts'
import { newI40e, stockI40e } from './sim/driver.ts'
import { planFor } from './sim/fresh.ts'
import { hasShell, shells } from './sim/root.ts'
import type { Shell } from './sim/root.ts'
import { SimHost } from './sim/sim.ts'

const id = '20260101-0000-aaaa'
let host: SimHost

afterEach(() => host.end())

// A boot reads these; what nicfix has put beside its targets, and folders for them, have no effect.
const isRead = (path: string) => /^\/(boot|etc|lib)\//.test(path) && !path.includes('/.nicfix-')

function changedFiles(before: ReturnType<SimHost['disk']>): string[] {
  return differences(before, host.disk(), isRead).filter(line => !line.includes(' is folder '))
}

/** A host on which the upgrade of i40e is tried and waits for its confirmation. */
async function tried(shell: Shell, confirmWithin = 100) {
  host = await SimHost.start({ shell })
  const before = { disk: host.disk(), kernel: host.kernelState() }
  const job = await planFor('i40e-upgrade', host.bootId, confirmWithin)
  expect(await host.stage(job, id)).toMatchObject({ code: 0 })
  for (const verb of ['build', 'arm', 'fire'] as const)
    expect(await host.tx(id, verb)).toMatchObject({ code: 0 })
  await host.until(id, 'tried')
  return before
}

// dash is /bin/sh on Debian and Ubuntu, bash on RHEL, ash on Alpine. The fast tests take dash, the kill matrix the others.
const wanted = process.env['NICFIX_SHELLS']?.split(' ') ?? Object.keys(shells)
const present = (wanted as Shell[]).filter(hasShell)

describe.each(present)('the upgrade of i40e on a host with a fake kernel, in %s', shell => {
  it('is tried in memory, confirmed, persisted, and brought back by the hook at boot', async () => {
    const before = await tried(shell)
    const { modules, ports } = host.kernelState()
    expect(modules['i40e']).toBe(newI40e.buildId)
    expect(ports['eno3']?.addresses).toEqual(before.kernel.ports['eno3']?.addresses)
    expect(changedFiles(before.disk)).toEqual([])

    expect(await host.tx(id, 'confirm')).toMatchObject({ code: 0 })
    await host.until(id, 'committed')
    await host.settled()
    expect(changedFiles(before.disk)).toContainEqual(expect.stringContaining('/etc/rc.local'))

    await host.boot()
    await host.settled()
    expect(host.kernelState().modules['i40e']).toBe(newI40e.buildId)
    expect(host.kernelState().ports['eno3']).toMatchObject({ carrier: true })
  })

  it('is taken back when nobody confirms it', async () => {
    const before = await tried(shell, 20)
    await host.until(id, 'rolled-back')
    await host.settled()
    expect(host.kernelState()).toEqual(before.kernel)
    expect(differences(before.disk, host.disk(), isRead)).toEqual([])
  })

  it('is taken back to the same bytes, modes and absence after it was kept', async () => {
    const before = await tried(shell)
    await host.tx(id, 'confirm')
    await host.until(id, 'committed')
    await host.settled()
    expect(await host.tx(id, 'rollback')).toMatchObject({ code: 0 })
    await host.until(id, 'rolled-back')
    await host.settled()
    expect(host.kernelState()).toEqual(before.kernel)
    expect(differences(before.disk, host.disk(), isRead)).toEqual([])
  })

  it('is gone after a power cut in the middle of the trial', async () => {
    const before = await tried(shell)
    await host.boot()
    expect(host.kernelState().modules['i40e']).toBe(stockI40e.buildId)
    expect(changedFiles(before.disk)).toEqual([])
  })
})
