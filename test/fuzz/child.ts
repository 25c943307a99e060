// Feeds one reader with inputs, one after the other; started by watch.ts, which ends it where it hangs.
import { openSync, writeSync } from 'node:fs'
import { makeInput } from './mutations.ts'
import { nothingYet, writeProgress } from './progress.ts'
import type { Progress } from './progress.ts'
import { shrink } from './shrink.ts'
import type { Answer, Target } from './target.ts'
import { loadTarget } from './targets/index.ts'

/** What a child is told. */
export type Task = {
  readonly seed: number
  readonly target: string
  readonly from: number
  /** Ends after so many inputs, or that time. */
  readonly count: number
  readonly ms: number
  readonly progress: string
  /** Resident memory above which it is too much. */
  readonly mostMb: number
}

/** What it tells of an input that went wrong; of several that went wrong alike only the first. */
export type Told = {
  readonly kind: 'crash' | 'memory'
  readonly at: number
  readonly why: readonly string[]
  /** The smallest input that does the same, in base64; null where it was not looked for. */
  readonly input: string | null
}

const task = JSON.parse(process.argv[2] ?? '') as Task
const target = await loadTarget(task.target)
const file = openSync(task.progress, 'r+')
const seen = new Set<string>()

const tell = (told: Told) => writeSync(1, `${JSON.stringify(told)}\n`)
const peakMb = () => Math.round(process.resourceUsage().maxRSS / 1024)

function linesOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [String(error)]
  const here = new URL('../../', import.meta.url).href
  const stack = (error.stack ?? error.message).replaceAll(here, '').split('\n')
  return stack.slice(0, 8).map(line => line.slice(0, 300))
}

/** Where it was thrown: two inputs that end there have found the same fault. */
function signatureOf(error: unknown): string {
  const [first = '', ...frames] = linesOf(error)
  const kind = first.replaceAll(/\d+|".*"|'.*'/g, '#').slice(0, 60)
  return [kind, ...frames.filter(line => line.includes(' at ')).slice(0, 1)].join(' ')
}

async function feed({ run }: Target, input: Buffer): Promise<Answer | { readonly error: unknown }> {
  try {
    return await run(input)
  } catch (error) {
    return { error }
  }
}

async function tellCrash(at: number, input: Buffer, error: unknown): Promise<void> {
  const signature = signatureOf(error)
  if (seen.has(signature)) return
  seen.add(signature)
  const smallest = await shrink(input, async smaller => {
    const answer = await feed(target, smaller)
    return typeof answer !== 'string' && signatureOf(answer.error) === signature
  })
  tell({ kind: 'crash', at, why: linesOf(error), input: smallest.toString('base64') })
}

async function work(): Promise<void> {
  const begin = performance.now()
  let progress: Progress = { ...nothingYet, at: task.from }
  const end = task.from + task.count
  for (let at = task.from; at < end && performance.now() - begin < task.ms; at += 1) {
    const input = makeInput({ seed: task.seed, target: task.target, at }, target)
    progress = { ...progress, at }
    writeProgress(file, progress)
    const from = performance.now()
    const answer = await feed(target, input)
    const ms = performance.now() - from
    const isSlowest = ms > progress.slowestMs
    progress = {
      ...progress,
      ...(isSlowest ? { slowestMs: Math.round(ms), slowestAt: at } : {}),
      accepted: progress.accepted + (answer === 'accepted' ? 1 : 0),
      refused: progress.refused + (answer === 'refused' ? 1 : 0),
      crashes: progress.crashes + (typeof answer === 'string' ? 0 : 1),
      peakMb: peakMb(),
      ms: Math.round(performance.now() - begin),
    }
    writeProgress(file, progress)
    if (typeof answer !== 'string') await tellCrash(at, input, answer.error)
    if (progress.peakMb <= task.mostMb) continue
    tell({ kind: 'memory', at, why: [`${progress.peakMb} MB`], input: null })
    return
  }
}

await work()
