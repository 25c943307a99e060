import { randomUUID } from 'node:crypto'
import { parse } from 'yaml'
import type { HostPlan, Plan } from '../model/plan.ts'
import type { LoadedPlaybook } from '../model/playbook.ts'
import { makePlan } from '../plan/make-plan.ts'
import { planHost } from '../plan/plan-host.ts'
import { loadPlaybook } from '../playbook/load.ts'
import { readText } from '../playbook/read.ts'
import { Trouble } from '../problems.ts'
import type { Problem } from '../problems.ts'
import type { Connection, Host } from '../remote/host.ts'
import { findHosts } from './find-hosts.ts'
import type { HostOptions, PlaybookOptions } from './options.ts'
import { keepFor, looksOf, probeHost } from './probe.ts'
import type { Probed } from './probe.ts'
import { acceptRisks } from './risks.ts'
import { settle } from './settle.ts'
import { makeTarballs, readSources } from './sources.ts'
import type { Sources } from './sources.ts'
import { readVersion } from './version.ts'

/** A host that was looked at, with its part of the plan. The connection is still open. */
export type Prepared = Probed & {
  readonly plan: HostPlan
  readonly payloads: Sources['payloads']
  /** Commands that the playbook wants looked for. */
  readonly commands: readonly string[]
}

export type Preparation = {
  readonly plan: Plan
  readonly hosts: readonly Prepared[]
  /** Of hosts that could not be reached or planned for; the others are fine. */
  readonly problems: readonly Problem[]
}

/** The name of a playbook, which says what of a host's variables are meant for it; '' where it has none. */
function nameOf(text: string): string {
  try {
    const data: unknown = parse(text)
    const name = typeof data === 'object' && data !== null && 'name' in data ? data.name : ''
    return typeof name === 'string' ? name : ''
  } catch {
    // Whatever is wrong with it, reading it as a playbook says so better.
    return ''
  }
}

/**
 * The playbook as it is for each host. It is read once, so that all have the same, and loaded once for all hosts that
 * give it the same values. @throws {Trouble} NF1xxx
 */
function openPlaybook(path: string, options: PlaybookOptions): (host: Host) => LoadedPlaybook {
  const read = readText(path)
  if ('problems' in read) throw new Trouble(...read.problems)
  const { text } = read
  const name = nameOf(text)
  const known = new Map<string, LoadedPlaybook>()
  return ({ vars }) => {
    const own = { ...vars['*'], ...vars[name] }
    const key = JSON.stringify(own)
    const loaded = known.get(key) ?? load(text, path, own, options)
    known.set(key, loaded)
    return loaded
  }
}

function load(
  text: string,
  path: string,
  host: Readonly<Record<string, string>>,
  options: PlaybookOptions,
): LoadedPlaybook {
  const result = loadPlaybook(text, path, { commandLine: options.env, host })
  if ('problems' in result) throw new Trouble(...result.problems)
  return acceptRisks(result.loaded, options)
}

async function prepareHost(
  host: Host,
  loaded: LoadedPlaybook,
  { known, payloads }: Sources,
  keeping: { readonly keep: boolean },
): Promise<Prepared> {
  const { commands } = loaded.playbook.requires
  const probed = await probeHost(host, commands, keeping)
  const planned = planHost(loaded, host.name, probed.facts, known)
  if ('problems' in planned) {
    await probed.connection?.close()
    throw new Trouble(...planned.problems)
  }
  // Of its own: its texts are pieces of the playbook, and would keep one for every host of a fleet.
  return { ...probed, payloads, commands, plan: structuredClone(planned.plan) }
}

/**
 * Looks at all hosts and plans for each. Nothing is connected to before the playbook is right for every host;
 * nothing is changed on any.
 * @throws {Trouble} when there is no host that could be planned for
 */
export async function prepare(
  path: string,
  options: HostOptions & PlaybookOptions,
): Promise<Preparation> {
  const hosts = await findHosts(options)
  const playbookFor = openPlaybook(path, options)
  const wanted = hosts.map(host => ({ host, name: host.name, loaded: playbookFor(host) }))
  const tarballs = makeTarballs()
  const keeping = keepFor(hosts, options)
  const { done: ready, problems } = await settle(
    wanted,
    looksOf(options),
    async ({ host, loaded }) => prepareHost(host, loaded, readSources(loaded, tarballs), keeping),
  )
  const loaded = wanted.find(({ host }) => host === ready[0]?.host)?.loaded
  if (!loaded) throw new Trouble(...problems)
  const plan = makePlan(
    readVersion(),
    loaded,
    ready.map(each => each.plan),
    randomUUID(),
  )
  return { plan, hosts: ready, problems }
}

/** Lets go of all connections. */
export async function letGo(hosts: readonly { connection?: Connection }[]): Promise<void> {
  await Promise.all(hosts.map(async ({ connection }) => connection?.close()))
}
