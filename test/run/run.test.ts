import { describe, expect, it } from 'vitest'
import type { Outcome } from '../../machines/names.ts'
import { FakeHost } from './fake-host.ts'
import { FakeClock } from './faults.ts'
import type { Faults } from './faults.ts'
import { plan, run, token, travel } from './setup.ts'

const hostWith = (faults: Faults = {}) => new FakeHost(new FakeClock(), faults)

describe('a run that meets no trouble', () => {
  it('changes the host, proves it, and says how long the link was down', async () => {
    const host = hostWith()
    const result = await travel({ host })
    expect(result).toMatchObject({ outcome: 'changed', exitCode: 0, cause: null, warnings: [] })
    expect(result.proofs).toEqual([{ name: 'pause is off', ok: true, text: 'as it was' }])
    expect(result.changes.map(({ state }) => state)).toEqual(['done', 'done', 'done'])
    expect(result.outageSeconds).toBe(2.5)
    expect(host.value).toBe('off')
  })

  it('confirms on a second connection, and makes no third', async () => {
    const host = hostWith()
    await travel({ host })
    expect(host.connections).toBe(2)
  })

  it('writes an intent before each effect, and its end after it', async () => {
    const { entries } = await travel({ host: hostWith() })
    expect(entries[0]).toMatchObject({ kind: 'begin', run, host: 'h1', machine: 'run' })
    expect(entries.at(-1)).toEqual({ kind: 'outcome', outcome: 'changed' })
    const middle = entries.slice(1, -1)
    expect(middle.length % 2).toBe(0)
    for (let at = 0; at < middle.length; at += 2) {
      expect(middle[at]).toMatchObject({ kind: 'intent' })
      expect(middle[at + 1]).toMatchObject({ kind: 'end', effect: middle[at]?.['effect'] })
    }
  })

  it('lets the secret go to the files of the host only', async () => {
    const host = hostWith()
    const result = await travel({ host })
    expect(host.files.get('m/token')?.toString()).toBe(token)
    expect(JSON.stringify([result, host.argv])).not.toContain(token)
  })

  it('stages nothing when nothing is to be done', async () => {
    const host = hostWith()
    const result = await travel({ host, plan: { ...plan, changes: [] } })
    expect(result).toMatchObject({ outcome: 'unchanged', exitCode: 0 })
    expect(host.commands).toEqual(['probe'])
  })

  it('refuses a plan that no longer fits, before it writes anything', async () => {
    const host = hostWith()
    const result = await travel({ host, tools: { staleReasons: () => ['kernel: a → b'] } })
    expect(result).toMatchObject({ outcome: 'refused', exitCode: 8, cause: { code: 'NF3001' } })
    expect(result.cause?.details).toEqual(['kernel: a → b'])
    expect(host.commands).toEqual(['probe'])
  })
})

type Case = readonly [name: string, faults: Faults, outcome: Outcome, exitCode: number]

const beforeTrial: readonly Case[] = [
  ['a host that cannot be reached', { unreachable: true }, 'unreachable', 4],
  ['a locked host', { locked: true }, 'locked', 7],
  ['a host that refuses the stage', { stageRefuses: true }, 'refused', 8],
  ['a build that fails', { buildFails: true }, 'failed', 1],
  ['a guard that does not get ready', { armFails: true }, 'failed', 1],
  ...(['probe'] as const).flatMap((at): Case[] => [
    [`a link lost before ${at}`, { lose: { at, when: 'before' } }, 'unreachable', 4],
  ]),
  ...(['stage', 'build', 'arm'] as const).flatMap((at): Case[] => [
    [`a link lost before ${at}`, { lose: { at, when: 'before' } }, 'failed', 1],
    [`a link lost after ${at}`, { lose: { at, when: 'after' } }, 'failed', 1],
  ]),
]

const duringTrial: readonly Case[] = [
  ['a link that is gone for the trial', { gone: { from: 1, seconds: 30 } }, 'changed', 0],
  ...(['fire', 'wait', 'confirm'] as const).map((at): Case => [
    `a link lost after ${at}`,
    { lose: { at, when: 'after' } },
    'changed',
    0,
  ]),
  ...(['wait', 'confirm', 'release'] as const).map((at): Case => [
    `a link lost before ${at}`,
    { lose: { at, when: 'before' } },
    'changed',
    0,
  ]),
  ['a confirmation that is said twice', { lose: { at: 'confirm', when: 'after' } }, 'changed', 0],
  ['a lock that is not released', { releaseFails: true }, 'changed', 0],
  ['a fire that never arrives', { lose: { at: 'fire', when: 'before' } }, 'rolledBack', 3],
  ['a link lost while verifying', { lose: { at: 'verify', when: 'before' } }, 'rolledBack', 3],
  ['a host that stays away', { gone: { from: 1, seconds: 200 } }, 'rolledBack', 3],
  ['a host that never returns', { gone: { from: 1, seconds: 90_000 } }, 'unknown', 6],
  ['a trial that fails', { trialFails: true }, 'rolledBack', 3],
  ['a trial that misses its aim', { trialMisses: true }, 'rolledBack', 3],
  ['a host that reboots on trial', { rebootsAfterTrial: true }, 'rolledBack', 3],
  ['a confirmation that comes too late', { confirmTakesMs: 190_000 }, 'rolledBack', 3],
  ['another host that answers', { otherKeyFrom: 2 }, 'rolledBack', 3],
  [
    'another host that answers while the word is said again',
    { otherKeyFrom: 3, lose: { at: 'confirm', when: 'before' } },
    'rolledBack',
    3,
  ],
  ['a file that cannot be persisted', { persistFails: true }, 'rolledBack', 3],
  ['a proof that fails', { proofFails: true }, 'rolledBack', 3],
  ['a rollback that fails', { trialFails: true, rollbackFails: true }, 'dirty', 5],
  ['a rollback that leaves dirt', { trialFails: true, leavesDirt: true }, 'dirty', 5],
]

function breakDown(): never {
  throw new Error('a fault of ours')
}

describe('before the trial, nothing is changed by', () => {
  it.each(beforeTrial)('%s', async (_name, faults, outcome, exitCode) => {
    const host = hostWith(faults)
    const result = await travel({ host })
    expect(result).toMatchObject({ outcome, exitCode })
    expect(result.cause).not.toBeNull()
    expect(host.commands).not.toContain('fire')
    expect(host.value).toBe('on')
    expect(['staged', 'cancelled', 'rolled-back']).toContain(host.state)
  })
})

describe('once the trial was fired, the run ends as it must with', () => {
  it.each(duringTrial)('%s', async (_name, faults, outcome, exitCode) => {
    const host = hostWith(faults)
    const result = await travel({ host })
    expect(result).toMatchObject({ outcome, exitCode })
    expect(result.cause === null).toBe(outcome === 'changed')
    const ends: Partial<Record<Outcome, readonly string[]>> = {
      changed: ['committed', 'off'],
      rolledBack: ['rolled-back', 'on'],
    }
    const end = [host.state, host.value]
    expect(end).toEqual(ends[outcome] ?? end)
  })

  it('an effect that throws', async () => {
    const result = await travel({ host: hostWith(), tools: { proofs: breakDown } })
    expect(result).toMatchObject({ outcome: 'rolledBack', cause: { code: 'NF9002' } })
  })

  it('a word on the guard’s deadline while the host is away', async () => {
    const { told } = await travel({ host: hostWith({ gone: { from: 1.5, seconds: 20 } }) })
    expect(told.filter(text => /^away \d+ \d+$/.test(text)).length).toBeGreaterThan(1)
  })
})

function stopAt(state: string, times = 1) {
  const orderly = new AbortController()
  const detach = new AbortController()
  const onState = (entered: string, said: unknown) => {
    if (entered !== state || said) return
    orderly.abort()
    if (times > 1) detach.abort()
  }
  return { interrupts: { orderly: orderly.signal, detach: detach.signal }, onState }
}

describe('^C', () => {
  it.each(['probing', 'staging', 'building', 'arming'])('while %s cancels', async state => {
    const host = hostWith()
    const result = await travel({ host, ...stopAt(state) })
    expect(result).toMatchObject({ outcome: 'failed', exitCode: 130, interrupted: true })
    expect(host.value).toBe('on')
  })

  it.each(['trying', 'reconnecting', 'verifying'])('while %s rolls back', async state => {
    const host = hostWith()
    const result = await travel({ host, ...stopAt(state) })
    expect(result).toMatchObject({ outcome: 'rolledBack', exitCode: 130 })
    expect(host.value).toBe('on')
  })

  it.each(['confirming', 'persisting', 'proving'])('while %s comes too late', async state => {
    const result = await travel({ host: hostWith(), ...stopAt(state) })
    expect(result).toMatchObject({ outcome: 'changed', exitCode: 0 })
  })

  it('twice lets go, and the guard rolls back alone', async () => {
    const host = hostWith()
    const result = await travel({ host, ...stopAt('verifying', 2) })
    expect(result).toMatchObject({ outcome: 'unknown', exitCode: 130, detached: true })
    expect(result.entries.at(-1)).toEqual({ kind: 'detached', state: 'verifying' })
    host.clock.ms += 300_000
    host.tick()
    host.clock.ms += 10_000
    host.tick()
    expect([host.state, host.value]).toEqual(['rolled-back', 'on'])
  })
})

describe('taking a run back', () => {
  it('undoes a committed run, and proves it', async () => {
    const host = hostWith()
    await travel({ host })
    const result = await travel({ host, undo: true })
    expect(result).toMatchObject({ outcome: 'rolledBack', cause: null })
    expect(host.value).toBe('on')
  })

  it('says so when it was taken back already', async () => {
    const host = hostWith({ trialFails: true })
    await travel({ host })
    const result = await travel({ host, undo: true })
    expect(result).toMatchObject({ outcome: 'rolledBack', cause: null })
    expect(host.commands.filter(each => each === 'rollback')).toEqual([])
  })

  it('knows no run that the host does not know', async () => {
    const result = await travel({ host: hostWith(), undo: true })
    expect(result).toMatchObject({ outcome: 'failed', cause: { code: 'NF5003' } })
  })

  it('says dirty when it cannot finish', async () => {
    const host = hostWith({ rollbackFails: true })
    await travel({ host })
    const result = await travel({ host, undo: true })
    expect(result).toMatchObject({ outcome: 'dirty', exitCode: 5, cause: { code: 'NF5001' } })
  })
})
