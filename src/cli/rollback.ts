import type { Command } from 'commander'
import type { HostPlan, Plan } from '../model/plan.ts'
import { identifyPlan } from '../plan/make-plan.ts'
import type { Host } from '../remote/host.ts'
import type { RunFolder } from '../run/folder.ts'
import { realTools } from '../run/real-tools.ts'
import { undoRun } from '../run/run.ts'
import type { HostResult, Ride } from '../run/run.ts'
import { keepFacts } from '../run/kept-facts.ts'
import type { KeptFacts } from '../run/kept-facts.ts'
import { openSession } from '../run/session.ts'
import type { Job } from '../run/session.ts'
import { askFor } from './ask.ts'
import { findHosts } from './find-hosts.ts'
import { listenForInterrupts } from './interrupts.ts'
import { openRun, unknownRun } from './known-run.ts'
import { tell, withHosts, withKeepGoing } from './options.ts'
import type { HostOptions } from './options.ts'
import { withEvents } from './events.ts'
import type { Events } from './events.ts'
import { conclude } from './conclude.ts'
import { rideAll } from './fleet.ts'
import { tellStart, whoAmI } from './ride.ts'

type Options = HostOptions & { yes?: boolean; keepGoing?: boolean }
type Kept = { readonly host: Host; readonly plan: HostPlan; readonly facts: KeptFacts }

async function readKept(folder: RunFolder, plan: Plan, host: Host): Promise<Kept> {
  const part = plan.hosts.find(each => each.host === host.name)
  const facts = await folder.readFacts(host.name)
  if (!part || !facts) throw unknownRun(folder.run, `for ${host.name}`)
  return { host, plan: part, facts: keepFacts(facts) }
}

function describe({ plan }: Kept): string {
  const lines = plan.changes
    .filter(({ phase }) => phase !== 'build')
    .toReversed()
    .map(({ title, undo }) => `  undo  ${title}: ${undo.text}`)
  return [plan.host, ...lines].join('\n')
}

function seat({ host, plan, facts }: Kept, whole: Plan, run: string) {
  const digest = identifyPlan(whole)
  const playbook = whole.playbook.name
  const about = { host, run, plan, digest, playbook, controller: whoAmI() }
  // No trial is confirmed here, so there is no secret either.
  const job = { ...about, token: '', payloads: new Map(), tools: realTools(), retryStuck: true }
  const open = (one: Job) => openSession(one, { facts })
  return { job, open, go: async (ride: Ride) => asWanted(await undoRun(ride)) }
}

async function rollback(run: string, options: Options, events: Events): Promise<void> {
  const { folder, plan } = await openRun(run)
  const names = options.host.length > 0 ? options.host : plan.hosts.map(({ host }) => host)
  const hosts = await findHosts(options, names)
  const kept: Kept[] = []
  for (const host of hosts) kept.push(await readKept(folder, plan, host))
  tell(kept.map(describe).join('\n'))
  if (!options.yes && !hosts.every(({ lab }) => lab)) {
    const list = hosts.map(({ name }) => name).join(', ')
    await askFor(`Take run ${run} back on ${list}?`, 'add --yes')
  }
  const begun = hosts.map(({ name }) => name)
  tellStart(events, folder, plan, begun)
  const interrupts = listenForInterrupts()
  const way = { folder, interrupts, events }
  const passengers = kept.map(each => ({
    host: each.host.name,
    board: () => Promise.resolve(seat(each, plan, run)),
  }))
  const ridden = await rideAll(passengers, way, { ...options, policy: null })
  interrupts.stop()
  await conclude('rollback', way, ridden, options)
}

/** Taken back is what was asked for: here it is the good end. */
function asWanted(result: HostResult): HostResult {
  return result.outcome === 'rolledBack' ? { ...result, exitCode: 0, cause: null } : result
}

/** `nicfix rollback RUN --host h1`. */
export function wireRollback(program: Command): void {
  const command = program
    .command('rollback')
    .description('take a run back, also one that has ended well, and prove it')
    .argument('<run>')
    .option('--yes', 'do not ask')
  withKeepGoing(withHosts(command)).action((run: string, options: Options) =>
    withEvents('rollback', options.json === true, events => rollback(run, options, events)),
  )
}
