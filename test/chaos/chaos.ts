// `npm run chaos -- --minutes N [--seed S]`: power cuts at random and at named points of every phase, a real boot after
// each row of them, and one question: is the host all old, or all new, and does it say so?
import { appendFile, mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { borrowHost, returnHost } from '../main/borrow.ts'
import type { Base } from './base.ts'
import { ensureBase } from './base.ts'
import { draw } from './draw.ts'
import { keep, showKept } from './kept.ts'
import * as vms from './machine.ts'
import { seeded } from './random.ts'
import type { Ended } from './round.ts'
import { firstPace, play } from './round.ts'
import { faultsOf, tellTally } from './tally.ts'
import type { Tally } from './tally.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e6)) },
    vms: { type: 'string', default: '2' },
    /** Where a line of JSON a round goes. */
    results: { type: 'string' },
    /** A directory of a round that went wrong: boots its disk, to look at it. */
    look: { type: 'string' },
    /** Plays nothing: adds up the result files that are named. */
    'add-up': { type: 'boolean', default: false },
  },
})

const say = (line: string) => console.log(`${new Date().toISOString().slice(11, 19)} ${line}`)

async function main(): Promise<number> {
  if (values['add-up']) return addUp(positionals)
  const base = await ensureBase(say)
  if (values.look !== undefined) {
    await showKept(values.look, base.host)
    return 0
  }
  const seed = Number(values.seed)
  const results = values.results ?? join(vms.chaosDir(), 'results', `seed-${seed}.jsonl`)
  await mkdir(join(results, '..'), { recursive: true })
  console.log(`seed ${seed}, results in ${results}`)
  const tally: Tally = { rounds: [], spoilt: [] }
  let end = performance.now() + Number(values.minutes) * 60_000
  // The rounds at hand are played to their end, so that the table is printed.
  process.once('SIGTERM', () => (end = 0)).once('SIGINT', () => (end = 0))
  const workers = Array.from({ length: Number(values.vms) }, async (_, at) => {
    // Nobody else shall run a lab host beside it.
    const slot = await borrowHost()
    await work(`vm${at + 1}`, base, seed * 16 + at, () => performance.now() < end, tally, results)
    await returnHost(slot)
  })
  await Promise.all(workers)
  console.log(`\nseed ${seed}`)
  return conclude(tally)
}

function conclude(tally: Tally): number {
  console.log(tellTally(tally))
  return tally.rounds.some(round => faultsOf(round).length > 0) ? 1 : 0
}

async function addUp(files: readonly string[]): Promise<number> {
  const texts = await Promise.all(files.map(file => readFile(file, 'utf8')))
  const lines = texts.flatMap(text => text.split('\n').filter(line => line !== ''))
  return conclude({ rounds: lines.map(line => JSON.parse(line) as Ended), spoilt: [] })
}

async function work(
  name: string,
  base: Base,
  seed: number,
  goesOn: () => boolean,
  tally: Tally,
  results: string,
) {
  const random = seeded(seed)
  const pace = firstPace()
  const vm = await vms.makeVm(name, join(vms.chaosDir(), name), base.host)
  for (let n = 1; goesOn(); n += 1) {
    const round = draw(random)
    try {
      const ended = await play(vm, base, round, pace)
      tally.rounds.push(ended)
      await appendFile(results, `${JSON.stringify({ seed: values.seed, vm: name, n, ...ended })}\n`)
      const cuts = ended.cuts.map(
        cut => `${cut.during}: ${cut.point}${cut.reached ? '' : ' (missed)'} by ${cut.by}`,
      )
      const { outcome, state, mixed, false: lies } = ended.verdict
      const all = tally.rounds.flatMap(each => each.cuts).length
      say(
        `${name}.${n} [${all}] ${cuts.join(' → ') || `${round.action}, no cut`}: ${ended.lost || `${outcome}, ${state}`}; rest ${ended.restSeconds.toFixed(0)} s, all ${ended.seconds.toFixed(0)} s ${ended.rerun}`,
      )
      if (faultsOf(ended).length === 0) continue
      const dir = await keep(vm, `seed-${values.seed}-${name}-${n}`, ended)
      for (const line of [...mixed, ...lies].slice(0, 20))
        say(`  ${faultsOf(ended).join(' ').toUpperCase()} ${line}`)
      say(`  look at it: npm run chaos -- --look ${dir}`)
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      tally.spoilt.push(`${name}.${n} ${round.action}: ${why}`)
      say(`${name}.${n} not played (${round.action}): ${why}`)
    } finally {
      await vms.turnOff(vm)
    }
  }
  await rm(vm.dir, { recursive: true, force: true })
}

process.exitCode = await main()
