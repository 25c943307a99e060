import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isApproved, readPlan, writePlan } from '../../src/cli/plan-file.ts'
import { digestPlan } from '../../src/plan/make-plan.ts'
import { eventSchema } from '../../src/model/event.ts'
import type { Plan } from '../../src/model/plan.ts'
import { createRunFolder } from '../../src/run/folder.ts'
import { plan as hostPlan } from '../run/setup.ts'

const door = new URL('../../src/main.js', import.meta.url).pathname
const draft = {
  format: 'nicfix.plan/1',
  nonce: 'once',
  nicfix: '0.1.0',
  playbook: { name: 'p', path: 'p.yaml', sha256: '0'.repeat(64) },
  vars: {},
  fleet: null,
  hosts: [hostPlan],
} as const
const plan: Plan = { ...draft, digest: digestPlan(draft) }

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nicfix-cli-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

type Ended = { readonly code: number; readonly stdout: string; readonly stderr: string }

function nicfix(...argv: readonly string[]): Promise<Ended> {
  const env = { ...process.env, XDG_STATE_HOME: folder }
  return new Promise(resolve => {
    const child = execFile(process.execPath, [door, ...argv], { env }, (_e, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    )
    child.stdin?.end()
  })
}

describe('the command line', () => {
  it('says its version and its commands', async () => {
    expect(await nicfix('--version')).toMatchObject({ code: 0, stdout: '0.1.0\n' })
    const help = await nicfix('--help')
    expect(help.code).toBe(0)
    for (const name of ['plan', 'apply', 'rollback', 'status', 'facts', 'validate', 'lab']) {
      expect(help.stdout).toContain(`  ${name} `)
    }
  })

  it.each([
    [['bogus'], 64],
    [['apply', '--bogus'], 64],
    [['explain', 'NF0000'], 64],
    [['apply'], 65],
    [['apply', 'none.yaml', '-e', 'novalue'], 64],
    [['validate', 'none.yaml'], 65],
    [['apply', '--plan', 'none.json'], 65],
    [['rollback', '20261122-0131-4f2a', '--host', 'localhost'], 1],
    [['status'], 64],
  ])('ends %j with %i, and nothing on standard output', async (argv, code) => {
    const ended = await nicfix(...argv)
    expect(ended).toMatchObject({ code, stdout: '' })
    expect(ended.stderr).toMatch(/^error/)
    expect(ended.stderr).not.toContain('\u001B')
  })

  it('tells a program that asked for events what went wrong before anything began', async () => {
    const ended = await nicfix('apply', 'none.yaml', '--host', 'localhost', '--json')
    expect(ended.code).toBe(65)
    expect(ended.stderr).toMatch(/^error\[NF1001]/)
    const lines = ended.stdout.trimEnd().split('\n')
    const events = lines.map(line => eventSchema.parse(JSON.parse(line)))
    expect(events).toMatchObject([
      { type: 'version', run: null, data: { command: 'apply' } },
      { type: 'problem', data: { code: 'NF1001' } },
      { type: 'run.done', data: { exitCode: 65, hosts: [] } },
    ])
  })

  it('explains codes and draws machines', async () => {
    expect((await nicfix('explain', 'nf5002')).stdout).toMatch(/^NF5002 .*\(exit 6\)\n$/)
    expect((await nicfix('graph', 'run')).stdout).toContain('[*] --> connecting')
  })
})

describe('the way of a run', () => {
  const run = '20261122-0131-4f2a'
  const draw = (...argv: string[]) => nicfix('graph', run, ...argv)

  it('is drawn of its first host, or of the one that is named', async () => {
    const kept = await createRunFolder(run, plan, join(folder, 'nicfix', 'runs'))
    for (const [host, state] of [
      ['web1.example', 'arming'],
      ['web2.example', 'connecting'],
    ] as const) {
      const journal = await kept.openJournal(host, () => new Date(0))
      await journal.append({ kind: 'state', state })
      await journal.close()
    }
    const second = await draw('--host', 'web2.example')
    expect(second).toMatchObject({ code: 0, stdout: expect.stringMatching(/class connecting /) })
    expect((await draw()).stdout).toMatch(/class arming /)
    const { code, stderr } = await draw('--host', 'web3.example')
    expect(code).toBe(64)
    expect(stderr).toContain('name one of its hosts: web1.example, web2.example')
  })
})

describe('values of variables', () => {
  const playbook = 'playbooks/i40e-upgrade.yaml'
  const validate = (...values: string[]) =>
    nicfix('validate', playbook, ...values.flatMap(value => ['-e', value]))

  it('come from a file as they are written there, and a later one wins', async () => {
    const path = join(folder, 'values.yaml')
    await writeFile(path, `version: 2.10\nsha256: ${'a'.repeat(64)}\n`)
    expect(await validate(`@${path}`)).toMatchObject({ code: 0 })
    await writeFile(path, 'sha256: none\nversoin: 2.10\n')
    const { code, stderr } = await validate(`@${path}`)
    expect(code).toBe(65)
    expect(stderr).toContain('did you mean "version"?')
    await writeFile(path, 'version: 1\n')
    expect(await validate('versoin=3', `@${path}`)).toMatchObject({ code: 65 })
  })

  it.each([
    ['nothing: [a, list]', /the value of nothing in .* is not a single one/],
    ['- a', /is not a map/],
    ['a: b: c', /cannot be read: /],
    ['', /is not a map/],
  ])('in a file that is %j are refused', async (text, message) => {
    const path = join(folder, 'bad.yaml')
    await writeFile(path, text)
    const ended = await validate(`@${path}`)
    expect(ended.code).toBe(64)
    expect(ended.stderr).toMatch(message)
  })
})

describe('a kept plan', () => {
  it('comes back as it was, and not when it was edited', async () => {
    const path = join(folder, 'a.plan.json')
    await writePlan(path, plan)
    expect(readPlan(path)).toEqual(plan)
    await writeFile(path, JSON.stringify({ ...plan, nicfix: '9' }))
    expect(() => readPlan(path)).toThrow(/NF3003/)
    await writeFile(path, '{')
    expect(() => readPlan(path)).toThrow(/NF3003/)
  })

  it('of another nicfix is refused by what does not fit, even with its digest', async () => {
    const path = join(folder, 'b.plan.json')
    const other = { ...draft, hosts: [{ ...hostPlan, cutsSsh: 'maybe' }] }
    const digest = digestPlan(other as unknown as typeof draft)
    await writeFile(path, JSON.stringify({ ...other, digest }))
    expect(() => readPlan(path)).toThrow(/NF3003.*not a plan.*hosts\.0\.cutsSsh: /)
  })

  it('is approved by eight digits of its digest or more', () => {
    const digits = plan.digest.slice(7)
    expect(isApproved(plan, digits.slice(0, 8).toUpperCase())).toBe(true)
    expect(isApproved(plan, plan.digest)).toBe(true)
    expect(isApproved(plan, digits.slice(0, 7))).toBe(false)
    expect(isApproved(plan, `${digits.slice(0, 7)}g`)).toBe(false)
    expect(isApproved(plan, '')).toBe(false)
  })
})
