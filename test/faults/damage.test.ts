import { chmodSync, chownSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { Scenario, id, tx } from './scenario.ts'

let scenario: Scenario
afterEach(() => scenario.end())

const interfaces = '/etc/network/interfaces'
const beside = `/etc/network/.nicfix-${id}-02.old`
const conflict = `${interfaces}.nicfix-conflict.${id}`
const read = (path: string) => readFileSync(scenario.path(path), 'utf8')
const write = (path: string, text: string) => writeFileSync(scenario.path(path), text)

/** Committed, so that a file has to come back. */
async function committed(): Promise<string> {
  scenario = await (await Scenario.start()).to('tried')
  const was = read(interfaces)
  await scenario.confirm()
  await scenario.until('committed')
  await scenario.host.settled()
  return was
}

/** Takes it back while a setting stays as it is: whoever waits for that to change need not wait as long as a host does. */
async function takenBack(): Promise<readonly string[]> {
  const passing = setInterval(() => scenario.host.clock.leap(10), 200)
  try {
    await scenario.host.tx(id, 'rollback')
    return await scenario.ending()
  } finally {
    clearInterval(passing)
  }
}

describe('a backup', () => {
  it('that is gone fails its step loudly, and nobody is told to remove the file', async () => {
    await committed()
    rmSync(scenario.path(`${tx}/c/02/old`))
    expect(await takenBack()).toEqual(['failed'])
    expect(scenario.manual()).toContain(`the backup of ${interfaces} is damaged`)
    expect(scenario.manual()).not.toContain('rm -f')
    expect(scenario.manual()).toContain('from a backup of your own')
  })

  it('that was modified never replaces a file', async () => {
    await committed()
    write(`${tx}/c/02/old`, 'auto lo\n')
    expect(await takenBack()).toEqual(['failed'])
    expect(scenario.manual()).toContain(`the backup of ${interfaces} is damaged`)
    expect(scenario.manual()).toContain('from a backup of your own')
    expect(scenario.manual()).not.toContain(`cp -a ${tx}/c/02/old`)
    // The line of `ifup` that is still there sets what the other step took back, and that is not called undone.
    expect(scenario.manual()).toContain('now: autoneg off')
    expect(scenario.log()).not.toContain('01 undone')
  })

  it('beside the target that was damaged gives its place to the durable one', async () => {
    scenario = await (await Scenario.start()).to('tried')
    write(beside, 'auto lo\n')
    await someoneEdits()
    expect(await scenario.ending()).toEqual(['rolled-back'])
  })

  it('beside the target with another mode gives its place too', async () => {
    scenario = await (await Scenario.start()).to('tried')
    chmodSync(scenario.path(beside), 0o600)
    await someoneEdits()
    expect(await scenario.ending()).toEqual(['rolled-back'])
  })

  it('brings owner and mode back that somebody has changed since', async () => {
    await committed()
    chownSync(scenario.path(interfaces), 7, 7)
    chmodSync(scenario.path(interfaces), 0o666)
    await scenario.host.tx(id, 'rollback')
    expect(await scenario.ending()).toEqual(['rolled-back'])
  })

  it('that cannot be given its owner is noticed', async () => {
    await committed()
    // As on a file system without owners: the copy is whole, and not the same file.
    scenario.tool(
      'cp',
      '/usr/bin/cp "$@" || exit 1',
      'for to in "$@"; do :; done',
      'chown 9:9 "$to"',
    )
    await scenario.host.tx(id, 'rollback')
    expect(await scenario.ending()).toEqual(['failed'])
    expect(scenario.manual()).toContain(`${interfaces} has mode and owner 0644 9:9`)
  })
})

/** So that the file has to be brought back: it is begun to be written, and is not the one of the plan. */
async function someoneEdits(): Promise<void> {
  write(interfaces, `${read(interfaces)}# by hand\n`)
  await scenario.confirm()
  await scenario.until('ended')
  expect(read(conflict)).toContain('# by hand')
}

describe('a file that somebody edits in the window', () => {
  it('is left to them when nobody confirms: the run has never written it', async () => {
    scenario = await (await Scenario.start()).to('tried')
    const edited = `${read(interfaces)}# by hand\n`
    write(interfaces, edited)
    scenario.deadline()
    await scenario.until('rolled-back')
    await scenario.host.settled()
    expect(read(interfaces)).toBe(edited)
    write(interfaces, edited.replace('# by hand\n', ''))
    expect(await scenario.ending()).toEqual(['rolled-back'])
  })

  it('is neither overwritten nor lost when the trial is confirmed', async () => {
    scenario = await (await Scenario.start()).to('tried')
    await someoneEdits()
    expect(scenario.log()).toContain(`edited by someone else: kept as ${conflict}`)
    expect(await scenario.ending()).toEqual(['rolled-back'])
  })
})
