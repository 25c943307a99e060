import type { Facts } from '../model/facts.ts'
import type { HostPlan, Plan } from '../model/plan.ts'
import { identifyPlan } from '../plan/make-plan.ts'
import { staleReasons } from '../plan/fingerprint.ts'
import { problem, Trouble } from '../problems.ts'
import type { Problem } from '../problems.ts'
import type { Connection, Host } from '../remote/host.ts'
import { findHosts } from './find-hosts.ts'
import type { AtOnce, HostOptions } from './options.ts'
import { readPlan } from './plan-file.ts'
import { letGo } from './prepare.ts'
import { keepFor, looksOf, probeHost } from './probe.ts'
import { settle } from './settle.ts'
import { makeTarballs } from './sources.ts'
import type { Tarballs } from './sources.ts'

/** A host that a plan can be applied to. What planning has just learned of it saves a second look. */
export type Candidate = {
  readonly host: Host
  readonly plan: HostPlan
  readonly payloads: ReadonlyMap<string, Uint8Array>
  readonly connection?: Connection
  readonly facts?: Facts
  readonly probedAtMs?: number
  readonly commands?: readonly string[]
}

export type Candidates<Each = Candidate> = {
  readonly plan: Plan
  readonly hosts: readonly Each[]
  readonly problems: readonly Problem[]
}

/**
 * The tarballs of a stored plan, by their paths and by the hashes that the plan was approved with.
 * @throws {Trouble} NF2014 when one is missing, or has changed
 */
export function readPayloads(plan: HostPlan, playbookPath: string, tarballs: Tarballs) {
  const payloads = new Map<string, Uint8Array>()
  for (const change of plan.changes) {
    if (change.kind !== 'build-module') continue
    const { source, sha256 } = change
    const found = tarballs(source, playbookPath)
    if (typeof found === 'string' || found.sha256 !== sha256) {
      const message = `${source} is missing, or is not the source that the plan was made with`
      const details = [`expected  sha256 ${sha256}`]
      throw new Trouble(problem('NF2014', message, 'get that very file', { details }))
    }
    payloads.set(sha256, found.bytes)
  }
  return payloads
}

/** A kept plan with its hosts: all of them, or those that the command line names. */
export async function recall(path: string, options: HostOptions): Promise<Candidates> {
  const plan = readPlan(path)
  const known = plan.hosts.map(({ host }) => host)
  const resolved = await findHosts(options, options.host.length > 0 ? options.host : known)
  const strangers = resolved.flatMap(({ name }) => (known.includes(name) ? [] : [name]))
  if (strangers.length > 0) {
    const message = `the plan is not for ${strangers.join(', ')}`
    throw new Trouble(problem('NF6006', message, `it is for ${known.join(', ')}`))
  }
  const tarballs = makeTarballs()
  const hosts: Candidate[] = []
  for (const host of resolved) {
    const part = plan.hosts.find(each => each.host === host.name)
    if (!part) continue
    hosts.push({
      host,
      plan: part,
      payloads: readPayloads(part, plan.playbook.path, tarballs),
    })
  }
  return { plan, hosts, problems: [] }
}

/**
 * Looks at all hosts of a kept plan before the first of them is changed. What is found serves the run.
 * @throws {Trouble} NF3001, NF3005 and NF6xxx of every host that has moved on or does not answer; nothing was done on any.
 */
export async function lookAgain(
  candidates: Candidates<Omit<Candidate, 'facts'>>,
  options: AtOnce,
): Promise<Candidates> {
  const waiting = candidates.hosts.map(each => ({ ...each, name: each.host.name }))
  const keeping = keepFor(waiting, options)
  const { done: hosts, problems: unseen } = await settle(waiting, looksOf(options), async each => ({
    ...each,
    ...(await probeHost(each.host, [], keeping)),
  }))
  const problems = hosts.flatMap(({ plan, facts }) => [
    ...tellUsed(candidates.plan, plan, facts),
    ...tellStale(plan, facts),
  ])
  if (problems.length > 0 || unseen.length > 0) {
    await letGo(hosts)
    throw new Trouble(...problems, ...unseen)
  }
  return { ...candidates, hosts }
}

function tellUsed(whole: Plan, { host }: HostPlan, { appliedPlans }: Facts): Problem[] {
  if (!appliedPlans.includes(identifyPlan(whole))) return []
  const message = `the plan was applied to ${host} already; nothing was changed on any host`
  return [problem('NF3005', message, 'make a new plan and have it approved', { host })]
}

function tellStale(plan: HostPlan, facts: Facts): Problem[] {
  const details = staleReasons(plan, facts)
  if (details.length === 0) return []
  const message = `the plan no longer fits ${plan.host}; nothing was changed on any host`
  const next = 'make a new plan and have it approved'
  return [problem('NF3001', message, next, { details, host: plan.host })]
}
