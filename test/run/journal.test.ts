import { appendFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Facts } from '../../src/model/facts.ts'
import type { Plan } from '../../src/model/plan.ts'
import {
  createRunFolder,
  findRunFolder,
  listRuns,
  removeRun,
  runsFolder,
} from '../../src/run/folder.ts'
import { makeRunId, makeToken } from '../../src/run/id.ts'
import { continueJournal, createJournal, parseJournal, readJournal } from '../../src/run/journal.ts'

const today = () => new Date(Date.UTC(2026, 10, 22, 1, 31))
let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nicfix-journal-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function write(path: string, count: number): Promise<void> {
  const journal = await createJournal(path, today)
  for (let at = 0; at < count; at += 1) await journal.append({ kind: 'intent', at2: at })
  await journal.close()
}

describe('a journal', () => {
  it('is a chain of lines that only its owner can read', async () => {
    const path = join(folder, 'h1.jsonl')
    await write(path, 3)
    const lines = await readJournal(path)
    expect(lines.map(({ seq }) => seq)).toEqual([0, 1, 2])
    expect(lines[1]?.prev).toMatch(/^sha256:[0-9a-f]{64}$/)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
  })

  it('drops a torn last line, and nothing else', async () => {
    const path = join(folder, 'h1.jsonl')
    await write(path, 2)
    await appendFile(path, '{"seq":2,"ki')
    expect(await readJournal(path)).toHaveLength(2)
  })

  it('tells when a line was changed afterwards', async () => {
    const path = join(folder, 'h1.jsonl')
    await write(path, 3)
    const text = await readFile(path, 'utf8')
    await writeFile(path, text.replace('"at2":1', '"at2":7'))
    await expect(readJournal(path)).rejects.toThrow(/NF5005: .*h1.jsonl:\d+: .*was changed/)
  })

  it('never goes on in the file of another run', async () => {
    const path = join(folder, 'h1.jsonl')
    await write(path, 1)
    await expect(createJournal(path, today)).rejects.toThrow(/EEXIST/)
  })
})

describe('a journal that a controller has left', () => {
  it('is gone on with behind its last whole line', async () => {
    const path = join(folder, 'h1.jsonl')
    await write(path, 2)
    await appendFile(path, '{"seq":2,"kind":"end","at":"2026-11-22T01:3')
    const { journal, lines } = await continueJournal(path, today)
    expect(lines).toHaveLength(2)
    await journal.append({ kind: 'resumed' })
    await journal.close()
    expect((await readJournal(path)).map(({ kind }) => kind)).toEqual([
      'intent',
      'intent',
      'resumed',
    ])
  })

  it.each(['{"seq":1', 'null', '', '[]', '"x"', '\u0000'.repeat(40)])(
    'is not gone on with where a whole line is %j',
    async line => {
      const path = join(folder, 'h1.jsonl')
      await write(path, 1)
      await appendFile(path, `${line}\n`)
      await expect(continueJournal(path, today)).rejects.toThrow(/was changed/)
    },
  )
})

describe('the folder of a run', () => {
  const plan = { format: 'nicfix.plan/1', digest: 'sha256:0' } as Plan

  it('keeps plan, facts and journals, for its owner only', async () => {
    const root = join(folder, 'runs')
    const made = await createRunFolder('20261122-0131-4f2a', plan, root)
    await made.saveFacts('root@h1', { kernel: 'k' } as Facts)
    const journal = await made.openJournal('root@h1', today)
    await journal.close()
    await (await made.openJournal('root@h1', today)).close()
    const found = findRunFolder('20261122-0131-4f2a', root)
    expect(await found?.readPlan()).toEqual(plan)
    expect(await found?.readFacts('root@h1')).toEqual({ kernel: 'k' })
    expect(await found?.readFacts('h2')).toBeNull()
    expect((await stat(made.path)).mode & 0o777).toBe(0o700)
    expect((await stat(join(made.path, 'plan.json'))).mode & 0o777).toBe(0o600)
  })

  it('keeps the secret of a trial for its owner, and no longer than the run', async () => {
    const made = await createRunFolder('20261122-0131-4f2a', plan, join(folder, 'runs'))
    const token = makeToken()
    await made.saveToken('h1', token)
    await made.permit('h1')
    expect(await made.readToken('h1')).toBe(token)
    expect((await stat(join(made.path, 'h1.token'))).mode & 0o777).toBe(0o600)
    await made.forgetToken('h1')
    expect(await readdir(made.path)).toEqual(['plan.json'])
    expect(await made.readToken('h1')).toBe('')
    expect(await made.isPermitted('h1')).toBe(false)
  })

  it('lets one process at a time write the journal of a host', async () => {
    const made = await createRunFolder('20261122-0131-4f2a', plan, join(folder, 'runs'))
    const journal = await made.openJournal('h1', today)
    await journal.append({ kind: 'begin' })
    expect(await made.isBusy('h1')).toBe(true)
    await expect(made.continueJournal('h1', today)).rejects.toThrow(/another nicfix/)
    await journal.close()
    expect(await made.isBusy('h1')).toBe(false)
    const again = await made.continueJournal('h1', today)
    expect(again.lines).toHaveLength(1)
    await again.journal.close()
  })

  it('of an earlier run is listed before that of a later one of the same minute', async () => {
    const root = join(folder, 'runs')
    await createRunFolder('20261122-0131-ffff', plan, root)
    await pause(20)
    await createRunFolder('20261122-0131-0000', plan, root)
    expect(await listRuns(root)).toEqual(['20261122-0131-ffff', '20261122-0131-0000'])
    await removeRun('20261122-0131-ffff', root)
    expect(await listRuns(root)).toEqual(['20261122-0131-0000'])
  })

  it('is not found for a run that is none', () => {
    expect(findRunFolder('../../etc', folder)).toBeNull()
    expect(findRunFolder('20261122-0131-ffff', folder)).toBeNull()
  })

  it('lies where XDG says', () => {
    expect(runsFolder({ XDG_STATE_HOME: '/s' })).toBe('/s/nicfix/runs')
    expect(runsFolder({})).toMatch(/\.local\/state\/nicfix\/runs$/)
  })
})

describe('names', () => {
  it('are times in UTC with four digits of chance', () => {
    expect(makeRunId(today(), Buffer.from('4f2a', 'hex'))).toBe('20261122-0131-4f2a')
    expect(makeToken()).toMatch(/^[0-9a-f]{32}$/)
    expect(makeToken()).not.toBe(makeToken())
  })
})

describe('a chain that somebody has made anew', () => {
  it.each(['{"seq":0,"prev":"sha256:0"}', '{"seq":0,"prev":"sha256:0","kind":"end","at":7}', '7'])(
    'is no journal where a line is none: %s',
    line => {
      expect(() => parseJournal(`${line}\n`, 'h1.jsonl')).toThrow(/h1\.jsonl:1: .*was changed/)
    },
  )
})
