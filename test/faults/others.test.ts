import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { stageCommand, txCommand } from '../../src/host/protocol.ts'
import type { Entry } from '../host/sim/disk.ts'
import { scriptUnderTest } from '../host/script-under-test.ts'
import { packJob, token } from '../host/sim/fresh.ts'
import { Scenario, id, tx } from './scenario.ts'

// Other users of the host: what they can read, and what they could have put in the way.
let scenario: Scenario
afterEach(() => scenario?.end())

const home = '/var/lib/nicfix'
const somebody = 1000

const isOpen = ({ kind, mode, owner }: Entry) =>
  owner !== '0:0' || (kind !== 'link' && (Number.parseInt(mode, 8) & 0o077) !== 0)

/** What of ours anybody but root may read, write or enter. */
function openEntries(): string[] {
  return [...scenario.host.disk()]
    .filter(([path, entry]) => path.startsWith(home) && !isCopy(path) && isOpen(entry))
    .map(([path, { kind, mode, owner }]) => `${path} ${kind} ${mode} ${owner}`)
}

// These have the modes of the files that they are or become, in folders that nobody else enters.
const isCopy = (path: string) =>
  /\/c\/\d\d\/(old|boot\.old|index\/[^/]+)$|\/nicfix\/boot\.d(\/|$)/.test(path)

/** Beside the targets, where everybody may enter. */
const besides = () =>
  [...scenario.host.disk()]
    .filter(([path]) => path.includes('/.nicfix-') && !path.startsWith(home))
    .map(([path, { mode, owner }]) => `${path.replace(/^.*\//, '')} ${mode} ${owner}`)

const underUmask = async (umask: string, command: string, input: string | Uint8Array = '') => {
  const ran = await scenario.host.run(`umask ${umask}; ${command}`, input)
  expect(ran).toMatchObject({ code: 0 })
}

describe('other users of the host', () => {
  it('can enter nothing of a run, in no phase, although its umask is 000', async () => {
    scenario = await Scenario.start({ playbook: 'i40e-upgrade' })
    const { archive, sumsSha256 } = await packJob(scenario.job, id, scenario.host.script)
    await underUmask('000', stageCommand(id, sumsSha256), archive)
    expect(openEntries()).toEqual([])
    await underUmask('000', txCommand(id, 'build'))
    expect(openEntries()).toEqual([])
    await underUmask('000', txCommand(id, 'arm'))
    expect(openEntries()).toEqual([])
    const told = ['03.new 0644', '05.new 0755', 'modules.dep 0644', 'modules.dep.bin 0644']
    expect(besides().toSorted()).toEqual(told.map(line => `.nicfix-${id}-${line} 0:0`))
    await underUmask('000', txCommand(id, 'fire'))
    await scenario.until('tried')
    expect(openEntries()).toEqual([])
    await underUmask('000', txCommand(id, 'confirm'), `${token}\n`)
    expect(await scenario.ending()).toEqual(['committed'])
    expect(openEntries()).toEqual([])
  })

  it('see the secret of a run in no list of processes, also where printf is a program', async () => {
    const script = scriptUnderTest().replace(
      'set -u\n',
      'set -u\nprintf() { /usr/sbin/printf "$@"; }\n',
    )
    scenario = await Scenario.start({}, { script })
    scenario.tool('printf', 'echo "$*" >>/control/words', 'exec /usr/bin/printf "$@"')
    await scenario.to('tried')
    expect(await scenario.confirm()).toMatchObject({ code: 0 })
    expect(await scenario.ending()).toEqual(['committed'])
    const { stdout } = await scenario.host.run('cat /control/words')
    expect(stdout).toContain(scenario.host.bootId)
    expect(stdout).not.toContain(token)
  })
})

const plants: readonly [string, () => void][] = [
  ['a home that belongs to somebody', () => plant(home, { owner: somebody })],
  ['a home that others can write to', () => plant(home, { mode: 0o777 })],
  ['a home that a group can write to', () => plant(home, { mode: 0o770 })],
  ['a home that is a link', () => link(home, '/var/lib/elsewhere')],
  ['runs that belong to somebody', () => plant(`${home}/tx`, { owner: somebody })],
  ['runs that others can write to', () => plant(`${home}/tx`, { mode: 0o1777 })],
  ['runs that are a link', () => link(`${home}/tx`, '/var/lib/elsewhere')],
  [
    'a run of somebody',
    () => plant(`${home}/tx/20250101-0000-aaaa/token`, { owner: somebody, up: 1 }),
  ],
  ['a link of somebody', () => link(`${home}/.door`, '1 1 x', somebody)],
  ['a boot hook of somebody', () => file(`${home}/boot`, 0o755, somebody)],
  ['a boot hook that others can write', () => file(`${home}/boot`, 0o777, 0)],
]

type Planted = { mode?: number; owner?: number; up?: number }

function plant(path: string, { mode = 0o700, owner = 0, up = 0 }: Planted): void {
  const place = scenario.path(path)
  mkdirSync(place, { recursive: true, mode: 0o700 })
  const odd = up === 0 ? place : place.slice(0, place.lastIndexOf('/'))
  chmodSync(odd, mode)
  chownSync(odd, owner, owner)
}

function link(path: string, target: string, owner = 0): void {
  const place = scenario.path(path)
  mkdirSync(scenario.path('/var/lib/elsewhere'), { recursive: true })
  mkdirSync(place.slice(0, place.lastIndexOf('/')), { recursive: true, mode: 0o700 })
  symlinkSync(target, place)
  if (owner !== 0) chownSync(place.slice(0, place.lastIndexOf('/')), owner, owner)
}

function file(path: string, mode: number, owner: number): void {
  const place = scenario.path(path)
  mkdirSync(scenario.path(home), { recursive: true, mode: 0o700 })
  writeFileSync(place, 'touch /control/pwned\n')
  chmodSync(place, mode)
  chownSync(place, owner, owner)
}

describe('a host where somebody was before', () => {
  it.each(plants)('with %s is refused, and nothing is written there', async (_what, prepare) => {
    scenario = await Scenario.start()
    prepare()
    const before = [...scenario.host.disk().keys()]
    expect(await scenario.step('staged')).toMatchObject({
      code: 8,
      stderr: expect.stringContaining('/var/lib/nicfix is a link, or something in it is owned'),
    })
    expect([...scenario.host.disk().keys()]).toEqual(before)
  })

  it('with a home that others can read, and no more, is closed to them', async () => {
    scenario = await Scenario.start()
    plant(home, { mode: 0o755 })
    await scenario.to('staged')
    expect(openEntries()).toEqual([`${home} folder 0755 0:0`])
  })

  it.each([
    ['belongs to somebody', 0o755, somebody],
    ['can be written by others', 0o777, 0],
    ['can be written by a group', 0o775, 0],
    ['is like /tmp', 0o1777, 0],
  ])('is refused where the folder of a file to be written %s', async (_how, mode, owner) => {
    scenario = await Scenario.start()
    chmodSync(scenario.path('/etc/network'), mode)
    chownSync(scenario.path('/etc/network'), owner, owner)
    // The names can be known, and would lead to another file.
    for (const end of ['new', 'old'])
      symlinkSync('/etc/machine-id', scenario.path(`/etc/network/.nicfix-${id}-02.${end}`))
    expect(await scenario.step('staged')).toMatchObject({
      code: 8,
      stderr:
        'others than root can write to /etc/network: they could replace what is written there\n',
    })
    expect(scenario.state).toBe('none')
  })

  it('is refused where a folder above that can be written by others', async () => {
    scenario = await Scenario.start()
    chmodSync(scenario.path('/etc'), 0o777)
    expect(await scenario.step('staged')).toMatchObject({
      code: 8,
      stderr: expect.stringContaining('others than root can write to /etc:'),
    })
  })

  it('is no concern of a run where another folder can be written by others', async () => {
    scenario = await Scenario.start()
    plant('/etc/other', { mode: 0o777 })
    await scenario.to('staged')
    expect(scenario.state).toBe('staged')
    expect(scenario.host.disk().has(`${tx}/token/staged`)).toBe(true)
  })
})
