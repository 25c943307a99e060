// `npm run compare:faults`: one and the same row of faults, thrown at the shell steps that people run by hand, at an
// Ansible playbook that does the same work, and at nicfix, each on a fresh host of the lab, judged by one oracle.
//   --only FAULT       only that one (and the controls it needs); may be repeated
//   --contender NAME   only that one; may be repeated; shell-nohup only so
//   --vms N            hosts at a time, 2 unless told
//   --results FILE     where a line of JSON a case goes
//   --resume           goes on with what is not in that file yet
//   --crowded          does not wait until nobody else uses the lab
import { appendFile, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { execa } from 'execa'
import { chooseAccelerator } from '../../src/lab/accel.ts'
import * as vms from '../chaos/machine.ts'
import { borrowHost, returnHost } from '../main/borrow.ts'
import { ansible, ensureAnsible } from './ansible.ts'
import type { Contender } from './contender.ts'
import type { Fault } from './faults.ts'
import { faults } from './faults.ts'
import type { View } from './look.ts'
import type { Driver } from './modules.ts'
import { compareDir, drivers } from './modules.ts'
import { confirmWithin, freezeNicfix, nicfix } from './nicfix.ts'
import type { Case } from './play.ts'
import { boundSeconds, play } from './play.ts'
import { nohup, shell } from './shell.ts'
import type { Start } from './start.ts'
import { ensureStart } from './start.ts'
import { tellCase, tellLast, tellSums, tellTable } from './table.ts'

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    contender: { type: 'string', multiple: true },
    vms: { type: 'string', default: '2' },
    results: { type: 'string' },
    resume: { type: 'boolean', default: false },
    crowded: { type: 'boolean', default: false },
  },
})

type Task = { readonly contender: Contender; readonly fault: Fault; readonly driver: Driver }

const say = (line: string) => console.log(`${new Date().toISOString().slice(11, 19)} ${line}`)
const results = values.results ?? join(compareDir(), 'results', 'last.jsonl')
/** By contender and driver: what its control came to. */
const controls = new Map<string, View>()
const cases: Case[] = []
const spoilt: string[] = []

const keyOf = ({ contender, driver }: Task): string => `${contender.name} ${driver}`

function chooseTasks(): Task[] {
  const known = [shell, nohup, ansible, nicfix]
  const usual = [shell, ansible, nicfix]
  const names = values.contender
  const chosen = names ? known.filter(({ name }) => names.includes(name)) : usual
  const wanted = faults.filter(({ name }) => !values.only || values.only.includes(name))
  if (chosen.length === 0 || wanted.length === 0) {
    const all = `faults: ${faults.map(({ name }) => name).join(' ')}`
    throw new Error(`${all}\ncontenders: ${known.map(({ name }) => name).join(' ')}`)
  }
  const control = faults.filter(({ name }) => name === 'none')
  const needed = drivers.filter(driver => wanted.some(each => each.drivers.includes(driver)))
  return [...new Set([...control, ...wanted])].flatMap(fault =>
    fault.drivers
      .filter(driver => needed.includes(driver))
      .flatMap(driver => chosen.map(contender => ({ contender, fault, driver }))),
  )
}

async function main(): Promise<number> {
  const tasks = chooseTasks()
  const versions = await tellVersions()
  console.log(versions)
  await mkdir(join(results, '..'), { recursive: true })
  const start = await ensureStart(say)
  if (values.resume) await takeUp(tasks, start)
  else await startAnew()
  const began = performance.now()
  await Promise.all(
    Array.from({ length: Number(values.vms) }, async (_, at) => {
      const slot = values.crowded ? null : await borrowHost()
      await work(`vm${at + 1}`, start, tasks)
      if (slot !== null) await returnHost(slot)
    }),
  )
  const minutes = ((performance.now() - began) / 60_000).toFixed(0)
  const spoiltLines = spoilt.map(line => `not played: ${line}`)
  const about = `${versions}, Linux ${start.kernel}\n${minutes} min; lost: no SSH within ${boundSeconds} s after the contender's end; nicfix confirms within ${confirmWithin}`
  console.log(
    [
      '',
      tellTable(cases, faults),
      '',
      tellSums(cases),
      about,
      ...spoiltLines,
      '',
      tellLast(cases),
    ].join('\n'),
  )
  const isClean = cases.every(each => each.contender !== 'nicfix' || each.faulty.length === 0)
  return isClean && spoilt.length === 0 ? 0 : 1
}

async function startAnew(): Promise<void> {
  await writeFile(results, '')
  await freezeNicfix()
}

/** Takes over what has been played already. */
async function takeUp(tasks: Task[], start: Start): Promise<void> {
  for (const line of (await readFile(results, 'utf8')).split('\n').filter(Boolean)) {
    const played = JSON.parse(line) as Case
    const { fault, driver, contender } = played
    const at = tasks.findIndex(
      each =>
        each.fault.name === fault && each.driver === driver && each.contender.name === contender,
    )
    const [task] = at < 0 ? [] : tasks.splice(at, 1)
    if (!task) continue
    cases.push(played)
    if (fault === 'none') controls.set(keyOf(task), provenNew(played, start))
  }
}

async function work(name: string, start: Start, tasks: Task[]): Promise<void> {
  const vm = await vms.makeVm(name, join(compareDir(), name), start.host)
  for (let task = take(tasks); task !== undefined; task = take(tasks)) {
    // All that is left waits for a control that another machine plays.
    if (task === 'later') await new Promise(resolve => setTimeout(resolve, 1000))
    else await playTask(vm, start, task, tasks)
  }
  await rm(vm.dir, { recursive: true, force: true })
}

/** The next one whose control has been played. */
function take(tasks: Task[]): Task | 'later' | undefined {
  const at = tasks.findIndex(task => task.fault.name === 'none' || controls.has(keyOf(task)))
  if (at < 0) return tasks.length > 0 ? 'later' : undefined
  return tasks.splice(at, 1)[0]
}

async function playTask(vm: vms.Vm, start: Start, task: Task, tasks: Task[]): Promise<void> {
  const { contender, fault, driver } = task
  const isControl = fault.name === 'none'
  try {
    const played = await play(
      vm,
      start,
      contender,
      fault,
      driver,
      controls.get(keyOf(task)) ?? null,
    )
    if (isControl) controls.set(keyOf(task), provenNew(played, start))
    // What "new" is comes from the control, so that one is kept whole.
    await appendFile(results, `${JSON.stringify(isControl ? played : { ...played, view: null })}\n`)
    cases.push(played)
    say(`${tellCase(played, fault)}  [${Object.values(played.spent).join(' + ')} s]`)
    await keepOutput(vm, `${contender.name}-${fault.name}-${driver}`)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    spoilt.push(`${contender.name}, ${fault.about}, ${driver}: ${why}`)
    say(`not played: ${spoilt.at(-1)}`)
    await keepOutput(vm, `${contender.name}-${fault.name}-${driver}`)
    if (isControl) forget(tasks, keyOf(task))
    await vms.turnOff(vm)
  }
}

function forget(tasks: Task[], key: string): void {
  for (const task of tasks.filter(each => keyOf(each) === key)) tasks.splice(tasks.indexOf(task), 1)
}

/** A contender that does not get there without a fault has nothing to be compared with. */
function provenNew({ view, said, driver, contender }: Case, start: Start): View {
  const isNew = view?.loaded[driver] === start.modules[`${driver}-good`]?.build
  const isConnected = view && connections(view) === connections(start.old)
  if (view && isNew && isConnected && said.claim === 'done') return view
  throw new Error(`${contender} does not get to the end without a fault: ${said.how}`)
}

const connections = ({ network }: View): string =>
  network.filter(line => !line.includes(' version ')).join('\n')

async function keepOutput(vm: vms.Vm, name: string): Promise<void> {
  const to = join(results.replace(/\.jsonl$/, ''), `${name}.txt`)
  await cp(join(vm.dir, 'case', 'output.txt'), to).catch(() => undefined)
}

async function tellVersions(): Promise<string> {
  const { stdout } = await execa('qemu-system-x86_64', ['--version'])
  const { name: accelerator } = await chooseAccelerator()
  const qemu = /version (\S+)/.exec(stdout)?.[1] ?? '?'
  return `${ensureAnsible()}, QEMU ${qemu} (${accelerator})`
}

process.exitCode = await main()
