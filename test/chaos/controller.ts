import { readFileSync, statSync } from 'node:fs'
import { parseFacts, probeScript } from '../../src/facts/probe.ts'
import { parseAnswer, stageCommand, txCommand, txExit } from '../../src/host/protocol.ts'
import type { TxBlock, TxVerb } from '../../src/host/protocol.ts'
import { hostScript } from '../../src/host/script.ts'
import { packWhole } from '../host/pack.ts'
import type { DriverPackage } from '../../src/lab/drivers.ts'
import type { HostPlan } from '../../src/model/plan.ts'
import type { TxStatus } from '../../src/model/tx.ts'
import { planHost } from '../../src/plan/plan-host.ts'
import { readPlaybook } from '../../src/playbook/read.ts'
import type { Connection } from '../../src/remote/host.ts'
import { makeRunId } from '../../src/run/id.ts'
import type { Vm } from './machine.ts'
import { connect } from './machine.ts'

/** The most that the host has said to its controller so far: what it must not take back, and what it must not hide. */
export type Told =
  | 'nothing'
  | 'armed'
  | 'confirmed'
  | 'committed'
  /** Of a committed run: the request is on its way, and may have come through without an answer. */
  | 'committed, then asked back'
  | 'rollback accepted'
  | 'rolled back'

/** A run as its controller sees it. */
export type Run = {
  readonly vm: Vm
  readonly id: string
  readonly token: string
  told: Told
  status: TxStatus | null
  connection: Connection | null
}

export function openRun(vm: Vm, id: string, token: string, told: Told = 'nothing'): Run {
  return { vm, id, token, told, status: null, connection: null }
}

export const newRun = (vm: Vm): Run => openRun(vm, makeRunId(new Date()), '5a'.repeat(16))

/** How long a trial waits for its confirmation: short, so that running out of time can be had often. */
const confirmWithinSeconds = 30
const root = new URL('../../', import.meta.url).pathname

/** Probes the host and plans the upgrade with that driver package; null where all is as wanted. */
export async function planUpgrade(run: Run, driver: DriverPackage): Promise<HostPlan | null> {
  const { file, sha256, version } = driver
  const values = { commandLine: { source: file, sha256, version } }
  const read = readPlaybook(`${root}playbooks/i40e-upgrade.yaml`, values)
  if ('problems' in read) throw new Error(JSON.stringify(read.problems))
  const options = { stdin: probeScript([], false), timeoutMs: 120_000 }
  const exit = await (await reach(run)).run('sh -s', options)
  const facts = parseFacts(exit.stdout)
  if ('code' in facts) throw new Error(facts.message)
  const source = { sha256, size: statSync(file).size }
  const planned = planHost(read.loaded, 'h1', facts, { [file]: source })
  if ('problems' in planned) throw new Error(JSON.stringify(planned.problems))
  return planned.plan.changes.length > 0 ? { ...planned.plan, confirmWithinSeconds } : null
}

/** Brings the transaction to the host, with that driver package for what the plan builds. */
export async function stage(run: Run, plan: HostPlan, driver: DriverPackage): Promise<void> {
  const { file, sha256 } = driver
  const changes = plan.changes.map(each =>
    each.kind === 'build-module' ? { ...each, sha256 } : each,
  )
  const { id, token } = run
  const about = {
    digest: `sha256:${'0'.repeat(64)}`,
    playbook: 'i40e-upgrade',
    over: 'ssh',
  } as const
  const from = { controller: 'chaos@lab', token, script: hostScript() }
  const payloads = new Map([[sha256, readFileSync(file)]])
  const packed = await packWhole({ id, plan: { ...plan, changes }, ...about, ...from, payloads })
  await say(run, stageCommand(run.id, packed.sumsSha256), packed.archive)
}

export const build = async (run: Run): Promise<void> => void (await instruct(run, 'build'))

/** Arms and fires, then follows the trial until it waits for its confirmation. */
export async function tryIt(run: Run): Promise<void> {
  await instruct(run, 'arm')
  run.told = 'armed'
  await instruct(run, 'fire')
  await follow(run, ({ phase }) => phase === 'tried')
}

/** Confirms over a new connection and follows until all is persisted. */
export async function confirm(run: Run): Promise<void> {
  await hangUp(run)
  await instruct(run, 'confirm', `${run.token}\n`)
  run.told = 'confirmed'
  await follow(run, ({ state }) => state === 'committed')
  run.told = 'committed'
}

/** Asks for the way back, of a trial or of a committed run, and follows it. */
export async function takeBack(run: Run, verb: 'cancel' | 'rollback'): Promise<void> {
  if (run.told === 'committed') run.told = 'committed, then asked back'
  const { status } = await instruct(run, verb)
  if (status.state === 'rollback') run.told = 'rollback accepted'
  await runOut(run)
}

/** Says nothing and follows until the host has rolled back by itself. */
export async function runOut(run: Run): Promise<void> {
  await follow(run, ({ state, phase }) => isBack(state) && phase === 'ended')
  run.told = 'rolled back'
}

const isBack = (state: string) => state === 'rolled-back' || state === 'cancelled'

/** Everything that the host has logged of the run. */
export const readEvents = async (run: Run): Promise<TxStatus['events']> =>
  (await instruct(run, 'status')).status.events

/** What `nicfix rollback` does with a transaction that it finds open: asks for the way back, and follows it. */
export async function recover(run: Run): Promise<void> {
  const { status } = await instruct(run, 'status')
  if (!isBack(status.state)) await instruct(run, 'rollback')
  await follow(run, ({ state }) => isBack(state))
  await instruct(run, 'release')
}

async function follow(run: Run, isReached: (status: TxStatus) => boolean): Promise<void> {
  let seen = 0
  for (;;) {
    const { status } = await instruct(run, 'wait', '', [3, seen])
    if (isReached(status)) return
    if (['failed', 'committed', 'rolled-back', 'cancelled'].includes(status.state) && seen > 0) {
      const last = status.events.findLast(({ event }) => event === 'failed' || event === 'stuck')
      if (status.phase === 'ended')
        throw new Error(`the host says ${status.state}: ${last?.text ?? ''}`)
    }
    seen = Math.max(seen, ...status.events.map(({ seq }) => seq))
  }
}

async function instruct(run: Run, verb: TxVerb, stdin = '', numbers: readonly number[] = []) {
  const block = await say(run, txCommand(run.id, verb, ...numbers), stdin)
  if (!block) throw new Error(`no answer to ${verb}`)
  return block
}

async function say(run: Run, command: string, stdin: string | Uint8Array): Promise<TxBlock | null> {
  const connection = await reach(run)
  const exit = await connection.run(command, { stdin, timeoutMs: 600_000 })
  if (exit.kind !== 'exited') throw new Error('the connection is gone')
  if (exit.code !== txExit.done)
    throw new Error(`exit ${exit.code} of ${command}: ${exit.stderr.trim()}`)
  const answer = parseAnswer(exit.stdout)
  if (answer.kind !== 'blocks') throw new Error(answer.why)
  const block = answer.blocks.find(({ status }) => status.id === run.id) ?? null
  run.status = block?.status ?? run.status
  return block
}

async function reach(run: Run): Promise<Connection> {
  run.connection ??= await connect(run.vm)
  return run.connection
}

export async function hangUp(run: Run): Promise<void> {
  await run.connection?.close().catch(() => undefined)
  run.connection = null
}
