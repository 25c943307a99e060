import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import type { Task, Told } from './child.ts'
import { nothingYet, readProgress } from './progress.ts'
import type { Progress } from './progress.ts'

/** Milliseconds that one input may take; the slowest good one takes a hundredth of it. */
export const mostMs = 10_000
/** Resident memory of a child, all of Node included. */
export const mostMb = 300
/** JavaScript's own part of it: garbage that nobody collects in time is no fault of a reader. */
const heapMb = 192
/** For Node to start, and the modules to load. */
const startMs = 60_000

export type Fault = Omit<Told, 'kind'> & {
  readonly kind: Told['kind'] | 'hang'
  readonly target: string
}

/** What came of one target. */
export type Watched = {
  readonly target: string
  readonly progress: Progress
  readonly inputs: number
  readonly hangs: number
  readonly overMemory: number
  readonly faults: readonly Fault[]
}

type Wanted = Pick<Task, 'seed' | 'target' | 'from' | 'count' | 'ms'>

/** Feeds a target for that long, or so many inputs; after one that its child did not survive another child goes on. */
export async function watchTarget(wanted: Wanted): Promise<Watched> {
  const { target } = wanted
  const faults: Fault[] = []
  let sum = nothingYet
  let { from, count, ms } = wanted
  while (count > 0 && ms > 0) {
    const begin = performance.now()
    const { progress, faults: found, ended } = await watchChild({ ...wanted, from, count, ms })
    for (const fault of found)
      if (fault.kind !== 'crash' || !faults.some(each => isAlike(each, fault))) faults.push(fault)
    sum = add(sum, progress)
    const next = progress.at + 1
    count -= next - from
    from = next
    if (ended) break
    // A hang is a part of it: an input that does it is not alone, mostly.
    ms -= performance.now() - begin
  }
  const countOf = (kind: Fault['kind']) => faults.filter(each => each.kind === kind).length
  return {
    target,
    progress: sum,
    inputs: from - wanted.from,
    hangs: countOf('hang'),
    overMemory: countOf('memory'),
    faults,
  }
}

const isAlike = (one: Fault, other: Fault) =>
  one.kind === other.kind && one.why.slice(0, 2).join() === other.why.slice(0, 2).join()

function add(one: Progress, other: Progress): Progress {
  const isSlower = other.slowestMs > one.slowestMs
  return {
    at: other.at,
    accepted: one.accepted + other.accepted,
    refused: one.refused + other.refused,
    crashes: one.crashes + other.crashes,
    slowestMs: isSlower ? other.slowestMs : one.slowestMs,
    slowestAt: isSlower ? other.slowestAt : one.slowestAt,
    peakMb: Math.max(one.peakMb, other.peakMb),
    ms: one.ms + other.ms,
  }
}

type Ended = { readonly progress: Progress; readonly faults: Fault[]; readonly ended: boolean }

async function watchChild(wanted: Wanted): Promise<Ended> {
  const folder = mkdtempSync(join(tmpdir(), 'nicfix-fuzz-'))
  const path = join(folder, 'progress')
  writeFileSync(path, '', { mode: 0o600 })
  const task: Task = { ...wanted, progress: path, mostMb }
  const script = new URL('child.ts', import.meta.url).pathname
  const options = [`--max-old-space-size=${heapMb}`, '--max-semi-space-size=8', '--no-warnings']
  const child = spawn(process.execPath, [...options, script, JSON.stringify(task)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TMPDIR: folder },
  })
  const over = new AbortController()
  const exit = new Promise<number | null>(done => child.once('close', done))
  const hanging = waitForHang(path, over.signal).then(hangs => hangs && child.kill('SIGKILL'))
  const [code, said, errors] = await Promise.all([exit, text(child.stdout), text(child.stderr)])
  over.abort()
  const isHang = await hanging
  const progress = readProgress(path) ?? { ...nothingYet, at: wanted.from }
  rmSync(folder, { recursive: true })
  const told = said
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as Told)
  const faults: Fault[] = told.map(each => ({ ...each, target: wanted.target }))
  const fatal = { at: progress.at, target: wanted.target, input: null }
  if (isHang) faults.push({ ...fatal, kind: 'hang', why: [`more than ${mostMs / 1000} s`] })
  else if (code !== 0) faults.push({ ...fatal, ...tellDeath(errors) })
  return { progress, faults, ended: code === 0 && !told.some(({ kind }) => kind === 'memory') }
}

/** True once the child stays at one input for too long; false where it ended before. */
async function waitForHang(path: string, over: AbortSignal): Promise<boolean> {
  let last = -1
  let since = performance.now()
  while (!over.aborted) {
    await pause(200, null, { signal: over }).catch(() => null)
    if (over.aborted) break
    const at = readProgress(path)?.at ?? -1
    if (at !== last) since = performance.now()
    last = at
    if (performance.now() - since > (at === -1 ? startMs : mostMs)) return true
  }
  return false
}

function tellDeath(errors: string): Pick<Fault, 'kind' | 'why'> {
  if (/heap out of memory|Reached heap limit|allocation failed/i.test(errors))
    return { kind: 'memory', why: [`more than ${heapMb} MB of heap`] }
  const lines = errors.split('\n').filter(line => line.trim() !== '')
  return { kind: 'crash', why: lines.slice(0, 8) }
}
