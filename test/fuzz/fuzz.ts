// `npm run fuzz -- --minutes N [--seed S] [--target T]`: feeds every reader of untrusted text with inputs that nobody would
// write, and asks of it: an answer, in time, in little memory. `--seed S --target T --at N` shows one input again.
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { makeInput } from './mutations.ts'
import { tellSum, tellTable } from './table.ts'
import { loadTarget, targets } from './targets/index.ts'
import { watchTarget } from './watch.ts'
import type { Fault, Watched } from './watch.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '2' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e6)) },
    /** Only this one. */
    target: { type: 'string' },
    /** Only this input of it. */
    at: { type: 'string' },
  },
})
const seed = Number(values.seed)

let folder: string | null = null

/** An input that went wrong, kept for its finder alone. */
function keep(name: string, input: Uint8Array): string {
  folder ??= mkdtempSync(join(tmpdir(), 'nicfix-fuzz-found-'))
  const path = join(folder, name)
  writeFileSync(path, input, { mode: 0o600 })
  return path
}

const inputOf = async (target: string, at: number) =>
  makeInput({ seed, target, at }, await loadTarget(target))

async function tellFault({ kind, target, at, why, input }: Fault): Promise<void> {
  console.log(`\n${kind.toUpperCase()} ${target}: ${why.join('\n  ')}`)
  const whole = keep(`${target}-${at}`, await inputOf(target, at))
  console.log(`  input: ${whole}`)
  if (input !== null) {
    const small = Buffer.from(input, 'base64')
    console.log(`  a smaller one: ${keep(`${target}-${at}-small`, small)}`)
    console.log(`  ${JSON.stringify(small.subarray(0, 300).toString('utf8'))}`)
  }
  console.log(`  again: npm run fuzz -- --seed ${seed} --target ${target} --at ${at}`)
}

/** Of one target: one fault is mostly found many times. */
const mostTold = 5

async function tellAll(watched: readonly Watched[]): Promise<number> {
  for (const { faults } of watched) {
    for (const fault of faults.slice(0, mostTold)) await tellFault(fault)
    const left = faults.length - mostTold
    if (left > 0) console.log(`\nand ${left} more of ${faults[0]?.target}`)
  }
  const { line, isGood } = tellSum(watched)
  console.log(`\nseed ${seed}\n${tellTable(watched)}\n${line}`)
  return isGood ? 0 : 1
}

async function showOne(target: string, at: number): Promise<number> {
  const input = await inputOf(target, at)
  console.log(JSON.stringify(input.toString('utf8').slice(0, 4000)))
  console.log(`${input.length} bytes: ${keep(`${target}-${at}`, input)}`)
  return tellAll([await watchTarget({ seed, target, from: at, count: 1, ms: 60_000 })])
}

async function main(): Promise<number> {
  const { target, at } = values
  if (target !== undefined && at !== undefined) return showOne(target, Number(at))
  const names = target === undefined ? Object.keys(targets) : [target]
  const ms = (Number(values.minutes) * 60_000) / names.length
  console.log(`seed ${seed}, ${names.length} targets, ${Math.round(ms / 1000)} s each`)
  const watched: Watched[] = []
  for (const name of names)
    watched.push(await watchTarget({ seed, target: name, from: 0, count: 1e9, ms }))
  return tellAll(watched)
}

process.exitCode = await main()
