import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freshDisk, planFor } from '../host/sim/fresh.ts'
import { tokenOf } from '../host/sim/oracle.ts'
import { SimHost } from '../host/sim/sim.ts'
import { canTrace } from '../matrix/kinds.ts'
import { inParallel } from '../matrix/pool.ts'
import { pick } from '../matrix/share.ts'
import type { Errand } from './controller-process.ts'

const script = new URL('controller-process.ts', import.meta.url).pathname
const run = '20261122-0131-4f2a'
const path = '/etc/motto'
const old = 'old\n'
const wanted = "it's $HOME\n"

type Ended = { readonly signal: string | null; readonly said: string }

function control(errand: Errand): Promise<Ended> {
  const env = { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'nicfix-test-cache') }
  return new Promise(resolve => {
    const argv = [script, JSON.stringify(errand)]
    const child = execFile(process.execPath, argv, { env }, (_, stdout, stderr) => {
      resolve({ signal: child.signalCode, said: stdout.trim() || stderr })
    })
  })
}

type Place = { readonly root: string; readonly plan: string }

/** One kill: a host of its own, a controller that dies, and another that goes on. */
async function kill(
  place: Place,
  dies: Errand['dies'],
): Promise<{ first: Ended; second: Ended; state: string; text: string }> {
  const host = await SimHost.start({
    disk: freshDisk({ [path]: old }),
    bootId,
    // In real time: the controller that goes on has to be there before the guard has waited a minute for `fire`.
    rate: 1,
  })
  const root = await mkdtemp(join(place.root, 'runs-'))
  const file = { path: join(host.root, path), old, new: wanted }
  const errand = { root, run, plan: place.plan, enter: host.argv('').slice(0, -1), file }
  try {
    const first = await control({ ...errand, dies, resumes: false })
    const second = dies ? await control({ ...errand, dies: null, resumes: true }) : first
    await host.settled()
    return {
      first,
      second,
      state: tokenOf(host.disk(), run),
      text: await readFile(file.path, 'utf8'),
    }
  } finally {
    await host.end()
  }
}

const bootId = '01234567-89ab-4cde-8f01-23456789abcd'

describe.skipIf(!canTrace)('a controller whose process is killed at a write of its journal', () => {
  let place: Place
  let whole: { outcome: string; writes: number; cause: unknown }

  beforeAll(async () => {
    const root = await mkdtemp(join(tmpdir(), 'nicfix-killed-'))
    const { plan: made } = await planFor('own-command', bootId, 300, { [path]: old })
    const plan = join(root, 'plan.json')
    await writeFile(plan, JSON.stringify(made))
    place = { root, plan }
    const alone = await kill(place, null)
    whole = JSON.parse(alone.second.said) as typeof whole
  }, 60_000)
  afterAll(() => rm(place.root, { recursive: true, force: true }))

  it.each(['before', 'after'] as const)(
    'is followed by another that ends the run as if nothing had been (%s it)',
    async when => {
      expect(whole).toMatchObject({ outcome: 'changed', cause: null })
      expect(whole.writes).toBeGreaterThan(20)
      const all = Array.from({ length: whole.writes }, (_, index) => index + 1)
      const numbers = pick(all, 1, when === 'before' ? 0 : 1)
      const wrong: string[] = []
      await inParallel(numbers, 3, async number => {
        const { first, second, state, text } = await kill(place, { number, when })
        const ends = `${first.signal} ${second.said} ${state} ${text.trim()}`
        const isRight =
          first.signal === 'SIGKILL' &&
          second.said.includes('"outcome":"changed"') &&
          state === 'committed' &&
          text === wanted
        if (!isRight) wrong.push(`${number}: ${ends}`)
      })
      expect(wrong).toEqual([])
    },
  )
})
