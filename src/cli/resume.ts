import type { Command } from 'commander'
import type { TxStatus } from '../model/tx.ts'
import type { HostPlan, Plan } from '../model/plan.ts'
import { identifyPlan } from '../plan/make-plan.ts'
import { problem, Trouble } from '../problems.ts'
import type { Problem } from '../problems.ts'
import type { Host } from '../remote/host.ts'
import { renderStanding } from '../report/standing.ts'
import type { RunFolder } from '../run/folder.ts'
import { realTools } from '../run/real-tools.ts'
import { applyPlan, resumeRun } from '../run/run.ts'
import type { HostResult } from '../run/run.ts'
import { problemsOf } from '../run/said.ts'
import { openSession } from '../run/session.ts'
import type { Job } from '../run/session.ts'
import { readStanding } from '../run/standing.ts'
import type { HostStanding } from '../run/standing.ts'
import { emitProblems, withEvents } from './events.ts'
import type { Events } from './events.ts'
import { findHosts } from './find-hosts.ts'
import { listenForInterrupts } from './interrupts.ts'
import { openRun, unknownRun } from './known-run.ts'
import { print, printJson, tell, withHosts } from './options.ts'
import type { HostOptions } from './options.ts'
import { readPayloads } from './recall.ts'
import { conclude, rideOne, tellStart, whoAmI } from './ride.ts'
import type { Passenger } from './ride.ts'
import { askHost } from './status.ts'

type Options = HostOptions & { dryRun?: boolean }

/** A host of a run: where its journal says that it stands, and what it says itself. */
type Met = {
  readonly host: Host
  readonly plan: HostPlan
  readonly standing: HostStanding
  readonly status: TxStatus | null
}

/** Asks each host that has not ended what it says of the run. One that does not answer stays with what the journal says. */
async function meet(folder: RunFolder, plan: Plan, options: HostOptions) {
  const names = options.host.length > 0 ? options.host : plan.hosts.map(({ host }) => host)
  const hosts = await findHosts(options, names)
  const problems: Problem[] = []
  const met: Met[] = []
  for (const host of hosts) {
    const part = plan.hosts.find(each => each.host === host.name)
    if (!part) throw unknownRun(folder.run, `for ${host.name}`)
    const standing = await readStanding(folder, part, identifyPlan(plan))
    let status: TxStatus | null = null
    if (standing.kind === 'open') {
      try {
        const { runs } = await askHost(host)
        status = runs.find(({ id }) => id === folder.run) ?? null
      } catch (error) {
        problems.push(...problemsOf(error).map(each => ({ ...each, host: host.name })))
      }
    }
    met.push({ host, plan: part, standing, status })
  }
  return { met, problems }
}

async function seat({ host, plan, standing }: Met, whole: Plan, folder: RunFolder) {
  const facts = await folder.readFacts(host.name)
  const begun = await folder.readFacts(host.name, 'begun')
  // From the trial on nothing is sent any more that a source would be needed for.
  const sends = standing.kind === 'new' || (standing.kind === 'open' && standing.sends)
  const job: Passenger['job'] = {
    host,
    run: folder.run,
    plan,
    digest: identifyPlan(whole),
    playbook: whole.playbook.name,
    controller: whoAmI(),
    token: await folder.readToken(host.name),
    payloads: sends ? await readPayloads(plan, whole.playbook.path) : new Map(),
    tools: realTools(),
    retryStuck: standing.kind === 'open' && standing.machine === 'undo',
    byHand: standing.kind === 'open' && standing.byHand,
  }
  const warm = { ...(facts ? { facts } : {}), ...(begun ? { begun } : {}) }
  return { job, open: (one: Job) => openSession(one, warm), resumes: standing.kind === 'open' }
}

/**
 * Goes on with what is open of a run, host by host, then with hosts on which nothing was begun; stops at the first that
 * does not end well.
 */
export async function goOn(run: string, options: Options, events: Events): Promise<void> {
  const { folder, plan } = await openRun(run)
  const { met, problems } = await meet(folder, plan, options)
  const lines = met.map(({ host, standing, status }) => renderStanding(host.name, standing, status))
  if (options.dryRun) {
    if (options.json)
      printJson(met.map(({ host, standing, status }) => ({ host: host.name, standing, status })))
    else print(lines.join('\n'))
    if (problems.length > 0) throw new Trouble(...problems)
    return
  }
  tell(lines.join('\n'))
  const left = met
    .filter(({ standing }) => standing.kind !== 'ended')
    .toSorted((a, b) => Number(a.standing.kind === 'new') - Number(b.standing.kind === 'new'))
  const hasFailed = met.some(({ standing }) => standing.kind === 'ended' && standing.exitCode !== 0)
  tellStart(
    events,
    folder,
    plan,
    left.map(({ host }) => host.name),
  )
  const interrupts = listenForInterrupts()
  const way = { folder, interrupts, events }
  const results: HostResult[] = []
  const unresumed: Problem[] = []
  for (const each of left) {
    const isBad =
      hasFailed || unresumed.length > 0 || results.some(({ exitCode }) => exitCode !== 0)
    if (interrupts.orderly.aborted || (each.standing.kind === 'new' && isBad)) continue
    try {
      const passenger = await seat(each, plan, folder)
      const go = passenger.resumes ? resumeRun : applyPlan
      results.push(await rideOne(passenger, way, go))
    } catch (error) {
      unresumed.push(...problemsOf(error).map(one => ({ ...one, host: each.host.name })))
    }
  }
  interrupts.stop()
  emitProblems(events, unresumed)
  await conclude('resume', way, results, { problems: unresumed, json: options.json === true })
}

/** `nicfix resume RUN`. */
export function wireResume(program: Command): void {
  const command = program
    .command('resume')
    .description(
      'go on with a run whose controller died: asks the hosts, then goes on or takes back',
    )
    .argument('<run>')
    .option('--dry-run', 'only show where each host stands')
  withHosts(command).action((run: string, options: Options) => {
    if (options.dryRun) return goOn(run, options, { emit: () => undefined, begin: () => undefined })
    return withEvents('resume', options.json === true, events => goOn(run, options, events))
  })
}

/** `nicfix confirm RUN`: for a run that was begun with --confirm-by-hand. */
export function wireConfirm(program: Command): void {
  const command = program
    .command('confirm')
    .description('keep the trial of a run that was begun with --confirm-by-hand')
    .argument('<run>')
  withHosts(command).action((run: string, options: Options) =>
    withEvents('confirm', options.json === true, events => confirm(run, options, events)),
  )
}

async function confirm(run: string, options: Options, events: Events): Promise<void> {
  const { folder, plan } = await openRun(run)
  const names = options.host.length > 0 ? options.host : plan.hosts.map(({ host }) => host)
  const waiting: string[] = []
  for (const name of names) {
    const part = plan.hosts.find(({ host }) => host === name)
    if (!part) throw unknownRun(run, `for ${name}`)
    const standing = await readStanding(folder, part, identifyPlan(plan))
    if (standing.kind === 'open' && standing.state === 'permitting') waiting.push(name)
  }
  if (waiting.length === 0) {
    const message = `no host of run ${run} waits for a word`
    throw new Trouble(problem('NF5004', message, `nicfix runs show ${run}`))
  }
  const left: string[] = []
  for (const name of waiting) {
    await folder.permit(name)
    if (await folder.isBusy(name)) tell(`${name}: allowed; the nicfix that drives the run goes on`)
    else left.push(name)
  }
  if (left.length > 0) await goOn(run, { ...options, host: left }, events)
  else events.emit({ type: 'run.done', data: { exitCode: 0, interrupted: false, hosts: [] } })
}
