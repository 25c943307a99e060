import { readdirSync, readFileSync } from 'node:fs'
import { assert, asyncProperty, constantFrom } from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { stageCommand } from '../../src/host/protocol.ts'
import { packWhole } from '../host/pack.ts'
import { changeSchema } from '../../src/model/plan.ts'
import type { Change, HostPlan } from '../../src/model/plan.ts'
import { canary, hostileText } from '../hostile.ts'
import { freshDisk, planFor, token } from '../host/sim/fresh.ts'
import type { Job } from '../host/sim/fresh.ts'
import { Scenario, id } from './scenario.ts'

// What a plan brings to a host as files, and the script there takes as paths and as words.
let scenario: Scenario | undefined
afterEach(() => scenario?.end())

const about = {
  id,
  script: '',
  token,
  over: 'local',
  digest: 'sha256:0',
  playbook: 'p',
  controller: 'test@here',
} as const

const kinds = ['i40e-upgrade', 'e1000e-flow-control-off', 'driver-revert', 'own-command'] as const

/** For people only: on the host they are shown, and never taken apart. */
const told = ['step', 'title', 'reason', 'diff', 'source', 'version']

/** What a field may hold at the most. */
function shapeOf(key: string): RegExp {
  if (key === 'want' || key === 'before') return /^[A-Za-z0-9 -]*$/
  // Options are split into words, and no more.
  if (key === 'options') return /^[^\n\0]*$/
  // Paths are quoted wherever they are used.
  if (['path', 'formerFile', 'target'].includes(key)) return /^\/(?!.*\/\.\.(\/|$))[^\n\0]*$/
  return /^[A-Za-z0-9_.+~:/ -]*$/
}

describe('a change of a plan', () => {
  it('has nothing in the place of words and paths that a shell takes for more', async () => {
    const jobs = await Promise.all(kinds.map(kind => planFor(kind, 'boot', 60)))
    const changes = jobs.flatMap(({ plan }) => plan.changes)
    const fields = changes.flatMap((change, at) =>
      Object.entries(change).flatMap(([key, value]) =>
        typeof value === 'string' && !told.includes(key) ? [{ at, key }] : [],
      ),
    )
    expect(fields.length).toBeGreaterThan(40)
    await assert(
      asyncProperty(constantFrom(...fields), hostileText, async ({ at, key }, text) => {
        const change = { ...changes[at]!, [key]: text } as Change
        const job = jobs.find(({ plan }) => plan.changes.includes(changes[at]!))!
        const whole: HostPlan = { ...job.plan, changes: [change] }
        const packed = await packWhole({ ...about, ...job, plan: whole }).catch(() => null)
        expect(packed === null).toBe(!changeSchema.safeParse(change).success)
        if (packed === null) return
        expect(text).toMatch(shapeOf(key))
      }),
      { numRuns: 400 },
    )
  })

  it.each(['../x', 'a/../../b', '/a/../b', '/a/..', 'x', '/a\nb', ''])(
    'has no path like %j',
    async path => {
      const { plan } = await planFor('e1000e-flow-control-off', 'boot', 60)
      const change = plan.changes.find(({ kind }) => kind === 'write-file')
      expect(changeSchema.safeParse(change).success).toBe(true)
      expect(changeSchema.safeParse({ ...change, path }).success).toBe(false)
    },
  )
})

const nasty = `"; touch /control/${canary}; '$(touch /control/${canary})\`touch /control/${canary}\` * %s -n`

/** All that is only told, of that text. */
function tellAll({ plan, payloads }: Job): Parameters<typeof packWhole>[0] {
  const changes = plan.changes.map(change => ({
    ...change,
    step: nasty,
    title: nasty,
    reason: nasty,
  }))
  return {
    ...about,
    plan: { ...plan, host: nasty, changes },
    payloads,
    playbook: nasty,
    controller: nasty,
    digest: nasty,
    script: scenario!.host.script,
  }
}

const onDisk = () => ({ disk: freshDisk({ '/etc/motto': 'old\n' }) })

describe('a host', () => {
  it('runs nothing of what a plan only tells, from its staging to a rollback that fails', async () => {
    scenario = await Scenario.start({ playbook: 'own-command' }, onDisk())
    const { archive, sumsSha256 } = await packWhole(tellAll(scenario.job))
    expect(await scenario.host.run(stageCommand(id, sumsSha256), archive)).toMatchObject({
      code: 0,
    })
    for (const verb of ['build', 'arm', 'fire'] as const) await scenario.host.tx(id, verb)
    await scenario.until('tried')
    // The way back fails, so that all of it is written down for people as well.
    scenario.tool('grep', 'case $* in *motto*) exit 0 ;; esac', 'exec /usr/bin/grep "$@"')
    await scenario.host.tx(id, 'rollback')
    await scenario.until('failed')
    await scenario.host.settled()
    expect(scenario.manual()).toContain(nasty.slice(0, 20))
    expect(readdirSync(scenario.path('/control'))).not.toContain(canary)
    // Another run, which is told whose the host is.
    const { stdout } = await scenario.host.stage(scenario.job, '20260101-0001-bbbb')
    expect(stdout).toContain('failed and needs a human')
    expect(readdirSync(scenario.path('/control'))).not.toContain(canary)
  })

  it('gives a command of a playbook its words as they are', async () => {
    const odd = [
      nasty,
      '',
      '-n',
      '*',
      '~',
      '$HOME',
      'a  b',
      '\\',
      'ä\u202e',
      '%s\\n',
      'x'.repeat(5000),
    ]
    scenario = await Scenario.start({ playbook: 'own-command' }, onDisk())
    const job = withRun(scenario.job, [
      'sh',
      '-c',
      'printf "%s\\n" "$@" >/etc/words; echo ok >/etc/motto',
      'sh',
      ...odd,
    ])
    const { archive, sumsSha256 } = await packWhole({
      ...about,
      ...job,
      script: scenario.host.script,
    })
    await scenario.host.run(stageCommand(id, sumsSha256), archive)
    for (const verb of ['build', 'arm', 'fire'] as const) await scenario.host.tx(id, verb)
    await scenario.until('rolled-back', 'tried', 'failed')
    expect(readFileSync(scenario.path('/etc/words'), 'utf8')).toBe(
      odd.map(word => `${word}\n`).join(''),
    )
    expect(readdirSync(scenario.path('/control'))).not.toContain(canary)
    await expect(
      packWhole({ ...about, ...withRun(job, ['echo', 'a\nb']), script: '' }),
    ).rejects.toThrow('not a change')
  })
})

function withRun(job: Job, run: readonly string[]): Job {
  const changes = job.plan.changes.map(change =>
    change.kind === 'run-command' ? { ...change, argv: { ...change.argv, run } } : change,
  )
  return { ...job, plan: { ...job.plan, changes } }
}
