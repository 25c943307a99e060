import type { Command } from 'commander'
import type { TxStatus } from '../model/tx.ts'
import type { HostPlan, Plan } from '../model/plan.ts'
import { identifyPlan } from '../plan/make-plan.ts'
import { problem, Trouble } from '../problems.ts'
import type { Host } from '../remote/host.ts'
import { renderStanding } from '../report/standing.ts'
import type { RunFolder } from '../run/folder.ts'
import { realTools } from '../run/real-tools.ts'
import { applyPlan, resumeRun } from '../run/run.ts'
import { keepFacts } from '../run/kept-facts.ts'
import { openSession } from '../run/session.ts'
import type { Job } from '../run/session.ts'
import { readStanding } from '../run/standing.ts'
import type { HostStanding } from '../run/standing.ts'
import { withEvents } from './events.ts'
import type { Events } from './events.ts'
import { findHosts } from './find-hosts.ts'
import { listenForInterrupts } from './interrupts.ts'
import { openRun, unknownRun } from './known-run.ts'
import { print, printJson, tell, withHosts, withKeepGoing } from './options.ts'
import type { HostOptions } from './options.ts'
import { readPayloads } from './recall.ts'
import { conclude } from './conclude.ts'
import { rideAll } from './fleet.ts'
import { tellStart, whoAmI } from './ride.ts'
import type { Seat } from './ride.ts'
import { makeTarballs } from './sources.ts'
import { settle } from './settle.ts'
import { askHost } from './status.ts'

type Options = HostOptions & { dryRun?: boolean; keepGoing?: boolean }

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
  const met: Met[] = []
  for (const host of hosts) {
    const part = plan.hosts.find(each => each.host === host.name)
    if (!part) throw unknownRun(folder.run, `for ${host.name}`)
    const standing = await readStanding(folder, part, identifyPlan(plan))
    met.push({ host, plan: part, standing, status: null })
  }
  const open = met.flatMap(({ host, standing }) => (standing.kind === 'open' ? [host] : []))
  const { done: answers, problems } = await settle(open, options, askHost)
  const statusOf = ({ name }: Host) =>
    answers.find(({ host }) => host === name)?.runs.find(({ id }) => id === folder.run) ?? null
  return { met: met.map(each => ({ ...each, status: statusOf(each.host) })), problems }
}

async function seat({ host, plan, standing }: Met, whole: Plan, folder: RunFolder): Promise<Seat> {
  const facts = await folder.readFacts(host.name)
  const begun = await folder.readFacts(host.name, 'begun')
  // From the trial on nothing is sent any more that a source would be needed for.
  const sends = standing.kind === 'new' || (standing.kind === 'open' && standing.sends)
  const job: Seat['job'] = {
    host,
    run: folder.run,
    plan,
    digest: identifyPlan(whole),
    playbook: whole.playbook.name,
    controller: whoAmI(),
    token: await folder.readToken(host.name),
    payloads: sends ? readPayloads(plan, whole.playbook.path, makeTarballs()) : new Map(),
    tools: realTools(),
    retryStuck: standing.kind === 'open' && standing.machine === 'undo',
    byHand: standing.kind === 'open' && standing.byHand,
  }
  const warm = {
    ...(facts ? { facts: keepFacts(facts) } : {}),
    ...(begun ? { begun: keepFacts(begun) } : {}),
  }
  const open = (one: Job) => openSession(one, warm)
  return { job, open, go: standing.kind === 'open' ? resumeRun : applyPlan }
}

/**
 * Goes on with what is open of a run, then with hosts on which nothing was begun, unless one did not end well.
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
  const failures = met.filter(
    ({ standing }) => standing.kind === 'ended' && standing.exitCode !== 0,
  ).length
  tellStart(
    events,
    folder,
    plan,
    left.map(({ host }) => host.name),
  )
  const interrupts = listenForInterrupts()
  const way = { folder, interrupts, events }
  const passengers = left.map(each => ({
    host: each.host.name,
    isBegun: each.standing.kind === 'open',
    isIdle: each.plan.changes.length === 0,
    board: () => seat(each, plan, folder),
  }))
  const ridden = await rideAll(passengers, way, { ...options, policy: plan.fleet, failures })
  interrupts.stop()
  await conclude('resume', way, ridden, options)
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
  withKeepGoing(withHosts(command)).action((run: string, options: Options) => {
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
