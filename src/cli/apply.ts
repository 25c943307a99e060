import type { Command } from 'commander'
import { identifyPlan } from '../plan/make-plan.ts'
import { renderPlan } from '../plan/render-text.ts'
import { problem, Trouble } from '../problems.ts'
import { createRunFolder, runsFolder } from '../run/folder.ts'
import { makeRunId, makeToken } from '../run/id.ts'
import { realTools } from '../run/real-tools.ts'
import { applyPlan } from '../run/run.ts'
import { keepFacts } from '../run/kept-facts.ts'
import type { KeptFacts } from '../run/kept-facts.ts'
import { openSession } from '../run/session.ts'
import type { Job } from '../run/session.ts'
import { askFor } from './ask.ts'
import { listenForInterrupts } from './interrupts.ts'
import { tell, withHosts, withKeepGoing, withValues } from './options.ts'
import type { HostOptions, PlaybookOptions } from './options.ts'
import { isApproved } from './plan-file.ts'
import { letGo, prepare } from './prepare.ts'
import { lookAgain, recall } from './recall.ts'
import type { Candidate, Candidates } from './recall.ts'
import { emitProblems, withEvents } from './events.ts'
import type { Events } from './events.ts'
import { conclude } from './conclude.ts'
import { rideAll } from './fleet.ts'
import { tellStart, whoAmI } from './ride.ts'
import { withRisks } from './risks.ts'

type Options = HostOptions &
  PlaybookOptions & {
    plan?: string
    approve?: string
    yes?: boolean
    confirmByHand?: boolean
    keepGoing?: boolean
  }

type Boarding = Omit<Candidate, 'facts'> & { readonly facts?: KeptFacts }
type Fleet = Candidates<Boarding>

/** What was seen of a host that has to wait for its turn is too old by then: a fleet would keep it for nothing. */
function withWarmFacts(candidates: Candidates): Fleet {
  return { ...candidates, hosts: candidates.hosts.map(asBoarding) }
}

function asBoarding({ facts, ...each }: Candidate): Boarding {
  return each.connection && facts ? { ...each, facts: keepFacts(facts) } : each
}

async function gather(playbook: string | undefined, options: Options): Promise<Candidates> {
  if (options.plan !== undefined) return recall(options.plan, options)
  if (playbook === undefined) {
    throw new Trouble(problem('NF1001', 'no playbook was named', 'nicfix apply PLAYBOOK --host h1'))
  }
  return prepare(playbook, options)
}

/** Is it wanted? By its digest, by --yes, by the terminal, or because the hosts are there to be thrown away. */
async function approve({ plan, hosts }: Fleet, options: Options): Promise<void> {
  if (options.approve !== undefined) {
    if (isApproved(plan, options.approve)) return
    const details = [`approved  ${options.approve}`, `plan      ${plan.digest}`]
    const message = 'the plan is not the one that was approved'
    throw new Trouble(problem('NF3002', message, 'have this plan approved', { details }))
  }
  if (options.yes || hosts.every(({ host }) => host.lab)) return
  const names = plan.hosts.filter(({ changes }) => changes.length > 0).map(({ host }) => host)
  if (names.length === 0) return
  const instead = `review the plan, then add --approve ${plan.digest.slice(7, 15)} or --yes`
  await askFor(`Apply this plan to ${names.join(', ')}?`, instead)
}

function seat(candidate: Boarding, { plan }: Fleet, run: string, byHand: boolean) {
  const { host, payloads, connection, facts, probedAtMs, commands } = candidate
  const job = {
    host,
    run,
    plan: candidate.plan,
    digest: identifyPlan(plan),
    playbook: plan.playbook.name,
    controller: whoAmI(),
    token: makeToken(),
    payloads,
    tools: realTools(commands),
    byHand,
  }
  const warm = {
    ...(connection ? { connection } : {}),
    ...(facts ? { facts } : {}),
    ...(probedAtMs === undefined ? {} : { probedAtMs }),
  }
  const open = (whole: Job) => openSession(whole, warm)
  return { job, open, go: applyPlan }
}

async function apply(
  playbook: string | undefined,
  options: Options,
  events: Events,
): Promise<void> {
  const gathered = withWarmFacts(await gather(playbook, options))
  tell(renderPlan(gathered.plan))
  try {
    await approve(gathered, options)
  } catch (error) {
    await letGo(gathered.hosts)
    throw error
  }
  // A kept plan is of another day: either all hosts are still as they were, or none is touched.
  const candidates =
    options.plan === undefined ? gathered : withWarmFacts(await lookAgain(gathered, options))
  const { plan, hosts, problems } = candidates
  const { clock } = realTools()
  const run = makeRunId(clock.today())
  const folder = await createRunFolder(run, plan, runsFolder())
  const names = hosts.map(({ host }) => host.name)
  tellStart(events, folder, plan, names)
  emitProblems(events, problems)
  const interrupts = listenForInterrupts()
  const way = { folder, interrupts, events }
  const passengers = hosts.map(each => ({
    host: each.host.name,
    isIdle: each.plan.changes.length === 0,
    board: () => Promise.resolve(seat(each, candidates, run, options.confirmByHand === true)),
  }))
  const ridden = await rideAll(passengers, way, { ...options, policy: plan.fleet })
  interrupts.stop()
  await letGo(hosts)
  const problemsOfAll = [...ridden.problems, ...problems]
  await conclude('report', way, { ...ridden, problems: problemsOfAll }, options)
}

/** `nicfix apply PLAYBOOK --host h1`, or `nicfix apply --plan FILE --approve DIGEST`. */
export function wireApply(program: Command): void {
  const command = program
    .command('apply')
    .description('plan, ask, and change hosts under a guard that can take it back')
    .argument('[playbook]')
    .option('--plan <file>', 'apply a kept plan instead of making one')
    .option('--approve <digest>', 'digest of the plan that was approved, 8 digits or more')
    .option('--yes', 'do not ask')
    .option('--confirm-by-hand', 'keep the trial only once nicfix confirm was typed')
  withRisks(withValues(withKeepGoing(withHosts(command)))).action(
    (playbook: string | undefined, options: Options) =>
      withEvents('apply', options.json === true, events => apply(playbook, options, events)),
  )
}
