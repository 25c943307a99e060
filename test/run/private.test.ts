import { lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { assert, asyncProperty } from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { writeBundle } from '../../src/cli/bundle-file.ts'
import { readPlan, writePlan } from '../../src/cli/plan-file.ts'
import type { Facts } from '../../src/model/facts.ts'
import type { Plan } from '../../src/model/plan.ts'
import { listenForQuestions } from '../../src/remote/askpass.ts'
import { startDeadline } from '../../src/remote/deadline.ts'
import { makeSecrets } from '../../src/remote/secrets.ts'
import { createRunFolder, findRunFolder } from '../../src/run/folder.ts'
import { hostileText } from '../hostile.ts'

// Other users of the machine that nicfix runs on.
let folder: string
let umask: number
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nicfix-private-'))
  umask = process.umask(0)
})
afterEach(() => {
  process.umask(umask)
  rmSync(folder, { recursive: true, force: true })
})

const id = '20261122-0131-4f2a'
const plan = { format: 'nicfix.plan/1', digest: 'sha256:0' } as Plan
const today = () => new Date(0)
const isFolder = (name: string) => /(state|nicfix|runs|4f2a)$/.test(name)

/** All names below a folder, each with its mode. */
function modes(path: string): [string, string][] {
  return readdirSync(path, { withFileTypes: true, recursive: true }).map(entry => {
    const whole = join(entry.parentPath, entry.name)
    return [whole.slice(path.length + 1), (lstatSync(whole).mode & 0o777).toString(8)]
  })
}

describe('under umask 000', () => {
  it('a run is for its owner alone, all of it', async () => {
    const run = await createRunFolder(id, plan, join(folder, 'state/nicfix/runs'))
    await run.saveReport('report', {})
    await run.saveFacts('h1', {} as Facts)
    await run.saveToken('h1', 'secret')
    await run.permit('h1')
    const journal = await run.openJournal('h1', today)
    await journal.append({ kind: 'begin' })
    await journal.close()
    const found = modes(folder)
    expect(found.length).toBeGreaterThan(8)
    expect(found.filter(([name, mode]) => mode !== (isFolder(name) ? '700' : '600'))).toEqual([])
  })

  it('so are a kept plan and a bundle', async () => {
    await writePlan(join(folder, 'plan.json'), plan)
    await writeBundle(join(folder, 'bundle.tgz'), new Map([['meta', 'host h1']]))
    expect(modes(folder).map(([, mode]) => mode)).toEqual(['600', '600'])
    expect(() => readPlan(join(folder, 'plan.json'))).toThrow('NF3003')
  })

  it('questions of ssh are heard of in a folder of its owner alone', async () => {
    const inside = mkdtempSync(join(folder, 'nicfix-ssh-'))
    const deadline = startDeadline(1000)
    const asked = await listenForQuestions(join(inside, 'ask'), makeSecrets(), deadline)
    expect(lstatSync(inside).mode & 0o777).toBe(0o700)
    const socket = connect(join(inside, 'ask'))
    await new Promise(resolve => void socket.once('connect', resolve))
    socket.destroy()
    asked.close()
    deadline.clear()
  })
})

describe('a host of any name', () => {
  it('has its files in the folder of the run, and is found again by that name', async () => {
    const run = await createRunFolder(id, plan, join(folder, 'runs'))
    await assert(
      asyncProperty(hostileText, async text => {
        // As long as file systems let names be, in UTF-8 and encoded.
        const host = `x${text.toWellFormed().slice(0, 20)}`
        await run.saveToken(host, text)
        expect(await run.readToken(host)).toBe(text)
        await run.saveFacts(host, {} as Facts)
        const journal = await run.openJournal(host, today)
        await journal.close()
        expect([...(await run.journals()).keys()]).toContain(host)
        for (const name of readdirSync(run.path)) rmSync(join(run.path, name))
        expect(readdirSync(folder)).toEqual(['runs'])
        expect(readdirSync(join(folder, 'runs'))).toEqual([id])
      }),
      { numRuns: 60 },
    )
    for (const host of ['.', '..', '../x', '/etc/x', '../../../../tmp/x']) {
      await run.saveToken(host, 'secret')
      expect(await run.readToken(host)).toBe('secret')
    }
    expect(readdirSync(folder)).toEqual(['runs'])
    expect(readdirSync(run.path).every(name => /^[\w%]+\.token$/.test(name))).toBe(true)
  })

  it('is of no run that is none', () => {
    for (const run of ['..', '../runs', '/etc', `${id}/..`, `${id}\0`, ''])
      expect(findRunFolder(run, join(folder, 'runs'))).toBeNull()
  })
})
