import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Scenario, id, tx } from '../faults/scenario.ts'
import { differences } from '../host/sim/disk.ts'
import type { Disk } from '../host/sim/disk.ts'
import { judge, tokenOf } from '../host/sim/oracle.ts'
import { SimHost } from '../host/sim/sim.ts'
import { pick } from './share.ts'

/** What may have become of a file whose blocks were lost, cut off or turned. */
const damages: Record<string, (path: string) => void> = {
  empty: path => writeFileSync(path, ''),
  half: path => {
    const bytes = readFileSync(path)
    writeFileSync(path, bytes.subarray(0, bytes.length / 2))
  },
  flipped(path) {
    const bytes = readFileSync(path)
    const middle = bytes.length >> 1
    writeFileSync(path, bytes.fill((bytes[middle] ?? 0) ^ 4, middle, middle + 1))
  },
  gone: path => rmSync(path),
}

let scenario: Scenario
let cut: Disk
let host: SimHost
afterEach(() => host.end())

const isRecord = (path: string) => path.startsWith(tx) || /\/nicfix\/(lock|fence)$/.test(path)
// Read by nobody: what commands have said.
const isSaid = (path: string) => /\/(out|build\.log|build\/.*|ballast\/.*)$/.test(path)

/** Without its list nobody knows which folders were made: they stay, and are empty. */
const isEmptyFolder = (path: string, wrong: string) =>
  path.endsWith('/made') &&
  /was absent, is folder|left behind: \/var\/lib\/nicfix\/boot\.d$/.test(wrong)

async function bootFrom(disk: Disk, path: string, damage: string): Promise<void> {
  host = SimHost.off({ disk, systemd: true })
  damages[damage]?.(join(host.root, path))
  await host.boot()
  await host.settled()
}

/** Damages each file of the transaction in each way, and boots from that disk. */
async function bootDamaged(path: string, damage: string): Promise<string[]> {
  await bootFrom(cut, path, damage)
  const state = tokenOf(host.disk(), id)
  const wrong = await judge(host, scenario.before, scenario.job, id)
  return wrong.filter(each => !isEmptyFolder(path, each)).map(each => `${state}: ${each}`)
}

async function everyFile(
  counts: (path: string) => boolean,
  ways: readonly string[],
): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {}
  const files = [...cut].filter(([path, { kind }]) => kind === 'file' && isRecord(path))
  const paths = files.map(([path]) => path).filter(each => counts(each) && !isSaid(each))
  const pairs = paths.flatMap(path => ways.map(damage => ({ path, damage })))
  for (const { path, damage } of pick(pairs, 3, 1)) {
    const wrong = await bootDamaged(path, damage)
    if (wrong.length > 0) found[`${path} ${damage}`] = wrong
    await host.end()
  }
  return found
}

const isScript = (path: string) => path.endsWith('/nicfix.sh')
const ofState = (path: string) => !path.includes('/c/') && !isScript(path)
const ofChange = (path: string) => path.includes('/c/')

describe.each([
  ['in the window', async () => scenario.to('tried')],
  [
    'between two files',
    async () => {
      await scenario.to('tried')
      scenario.tool('depmod', 'exec sleep 100000')
      await scenario.confirm()
      await scenario.untilLog(/ 0\d begin \/lib\/modules/g)
    },
  ],
] as const)('after a power cut %s', (_, goTo) => {
  beforeAll(async () => {
    scenario = await Scenario.start({ playbook: 'i40e-upgrade' }, { systemd: true })
    await goTo()
    await scenario.host.powerCut()
    cut = scenario.host.disk()
  }, 60_000)
  afterAll(() => scenario.end())

  it('a damaged file of the record is met without a guess', async () => {
    expect(await everyFile(ofState, Object.keys(damages))).toEqual({})
  })

  it('a damaged file of a change is met without a guess', async () => {
    expect(await everyFile(ofChange, ['half', 'gone'])).toEqual({})
  })

  it.each(Object.keys(damages))(
    'a script that is %s does no harm, and its state can be asked',
    async damage => {
      await bootFrom(cut, `${tx}/nicfix.sh`, damage)
      const { stdout } = await host.run('sh -s -- status', scenario.host.script)
      expect(stdout).toMatch(new RegExp(`^state ${tokenOf(host.disk(), id)}$`, 'm'))
      // One that can still be read by a shell finds itself damaged, and tells.
      const isLoud = tokenOf(host.disk(), id) === 'failed'
      const wrong = isLoud
        ? await judge(host, scenario.before, scenario.job, id)
        : differences(cut, host.disk(), path => !path.startsWith(tx))
      expect(wrong).toEqual([])
    },
  )
})
