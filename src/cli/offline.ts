import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import type { z } from 'zod'
import { factsSchema } from '../model/facts.ts'
import type { Facts } from '../model/facts.ts'
import { makePlan } from '../plan/make-plan.ts'
import { planHost } from '../plan/plan-host.ts'
import { readPlaybook } from '../playbook/read.ts'
import { problem, Trouble } from '../problems.ts'
import type { PlaybookOptions } from './options.ts'
import type { Preparation } from './prepare.ts'
import { makeTarballs, readSources } from './sources.ts'
import { acceptRisks } from './risks.ts'
import { readVersion } from './version.ts'

type Named = readonly [host: string, facts: Facts]

type Offline = Pick<Preparation, 'plan' | 'problems'> & {
  readonly facts: Readonly<Record<string, Facts>>
}

/**
 * Plans for hosts as `nicfix facts` found them once. Nothing is connected to, so that a pull request can be planned
 * where no key is; whether a host is still like that is found out before anything is applied.
 * @throws {Trouble} NF1xxx, NF3004, and what stands against the plan when no host could be planned for
 */
export async function planOffline(
  path: string,
  files: readonly string[],
  options: PlaybookOptions & { readonly host: readonly string[] },
): Promise<Offline> {
  const { host: wanted, env } = options
  const known = (await Promise.all(files.map(readKept))).flat()
  const result = readPlaybook(path, { commandLine: env })
  if ('problems' in result) throw new Trouble(...result.problems)
  const loaded = acceptRisks(result.loaded, options)
  const sources = readSources(loaded, makeTarballs())
  const chosen = choose(known, wanted)
  const planned = chosen.map(([name, facts]) => planHost(loaded, name, facts, sources.known))
  const plans = planned.flatMap(each => ('plan' in each ? [each.plan] : []))
  const problems = planned.flatMap(each => ('problems' in each ? each.problems : []))
  if (plans.length === 0) throw new Trouble(...problems)
  const plan = makePlan(readVersion(), loaded, plans, randomUUID())
  return { plan, problems, facts: Object.fromEntries(chosen) }
}

/** All of them, or those that were named. */
function choose(known: readonly Named[], wanted: readonly string[]): readonly Named[] {
  const names = known.map(([name]) => name)
  const twice = names.find((name, at) => names.indexOf(name) < at)
  if (twice !== undefined) throw refuse(`there are two facts of ${twice}`)
  const missing = wanted.find(name => !names.includes(name))
  if (missing !== undefined)
    throw refuse(`there are no facts of ${missing}, but of: ${names.join(', ')}`)
  return wanted.length === 0 ? known : known.filter(([name]) => wanted.includes(name))
}

/** A file of one host is named for it; one of several says their names itself. */
async function readKept(path: string): Promise<Named[]> {
  const text = await readFile(path, 'utf8').catch(() => {
    throw refuse(`${path}: cannot be read`)
  })
  let data: unknown
  try {
    data = JSON.parse(text)
  } catch {
    throw refuse(`${path}: is not JSON`)
  }
  if (data === null || typeof data !== 'object') throw refuse(`${path}: holds no facts`)
  const hosts = 'format' in data ? [[nameOf(path), data] as const] : Object.entries(data)
  return hosts.map(([name, facts]) => {
    const read = factsSchema.safeParse(facts)
    if (!read.success) throw refuse(`${path}: ${name}: ${tell(read.error.issues[0])}`)
    return [name, read.data]
  })
}

const nameOf = (path: string) => basename(path).replace(/(\.facts)?\.json$/, '')

const tell = (issue: z.core.$ZodIssue | undefined): string =>
  issue ? `${issue.path.join('.')}: ${issue.message}` : ''

function refuse(message: string): Trouble {
  return new Trouble(problem('NF3004', message, 'take them anew: nicfix facts --host HOST >FILE'))
}
