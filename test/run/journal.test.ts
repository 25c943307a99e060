import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Facts } from '../../src/model/facts.ts'
import type { Plan } from '../../src/model/plan.ts'
import { createRunFolder, findRunFolder, runsFolder } from '../../src/run/folder.ts'
import { makeRunId, makeToken } from '../../src/run/id.ts'
import { createJournal, readJournal } from '../../src/run/journal.ts'

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
    await expect(readJournal(path)).rejects.toThrow(/was changed/)
  })

  it('never goes on in the file of another run', async () => {
    const path = join(folder, 'h1.jsonl')
    await write(path, 1)
    await expect(createJournal(path, today)).rejects.toThrow(/EEXIST/)
  })
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
