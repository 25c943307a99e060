import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { stageCommand } from '../../src/host/protocol.ts'
import { differences } from './sim/disk.ts'
import { packJob, planFor } from './sim/fresh.ts'
import { SimHost } from './sim/sim.ts'

const id = '20260101-0000-aaaa'
let host: SimHost

afterEach(() => host.end())

async function fresh() {
  host = await SimHost.start()
  return planFor('e1000e-flow-control-off', host.bootId, 60)
}

// The fencing number only ever grows.
const isTarget = (path: string) => !path.startsWith('/var/lib/nicfix')
const counts = (path: string) => !path.startsWith('/var/lib/nicfix/fence')
const isLeft = (line: string) => !/^\/var\/lib\/nicfix(\/tx)?: was absent, is folder /.test(line)

describe('staging', () => {
  it('refuses a file that is not the one of the plan, and leaves nothing behind', async () => {
    const job = await fresh()
    appendFileSync(join(host.root, 'etc/network/interfaces'), '# by somebody else\n')
    const before = host.disk()
    expect(await host.stage(job, id)).toMatchObject({
      code: 8,
      stderr: expect.stringContaining('is not the file that the plan was made for'),
    })
    expect(differences(before, host.disk(), counts).filter(isLeft)).toEqual([])
  })

  it('refuses what was damaged on the way', async () => {
    const job = await fresh()
    const before = host.disk()
    const { archive } = await packJob(job, id, host.script)
    const ran = await host.run(stageCommand(id, '0'.repeat(64)), archive)
    expect(ran).toMatchObject({ code: 1, stderr: expect.stringContaining('not what was sent') })
    expect(differences(before, host.disk(), counts).filter(isLeft)).toEqual([])
  })
})

describe('an armed guard', () => {
  it('that is never told to begin goes away by itself, and changes nothing', async () => {
    const job = await fresh()
    const before = host.disk()
    await host.stage(job, id)
    expect(await host.tx(id, 'arm')).toMatchObject({ code: 0 })
    await host.until(id, 'cancelled')
    await host.settled()
    expect(differences(before, host.disk(), isTarget)).toEqual([])
    expect((await host.tx(id, 'fire')).code).toBe(1)
  })
})
