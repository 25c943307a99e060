import { expand } from '../actions/actions.ts'
import { portsOf } from '../actions/context.ts'
import type { Context, Draft, Source } from '../actions/context.ts'
import { missingCommands } from '../actions/driver-build.ts'
import type { Facts, Nic } from '../model/facts.ts'
import type { Change, HostPlan } from '../model/plan.ts'
import type { LoadedPlaybook, Playbook, Refusal } from '../model/playbook.ts'
import { problem } from '../problems.ts'
import type { Problem } from '../problems.ts'
import { takeFingerprint } from './fingerprint.ts'
import { numberChanges } from './number.ts'
import { judge, judgeTransactions } from './refusals.ts'
import { checkRequirements } from './requirements.ts'
import { selectNics } from './select.ts'

/**
 * What the playbook comes to on one host. Pure: the same playbook, facts and sources always make the same plan.
 * @param sources what is known of each driver source, by the path that the playbook names
 * @returns the plan, with no changes where all is as wanted; or all problems that stand against it, NF1020 and NF2xxx
 */
export function planHost(
  loaded: LoadedPlaybook,
  host: string,
  facts: Facts,
  sources: Readonly<Record<string, Source>>,
): { plan: HostPlan } | { problems: Problem[] } {
  const { playbook } = loaded
  const selection = selectNics(playbook.nics, facts, host)
  if ('code' in selection) return { problems: [selection] }

  const { nics } = selection
  const steps = expandSteps({ host, facts, playbook, nics, sources, drafts: [] })
  const changes = steps.problems.length === 0 ? numberChanges(steps.drafts) : []
  const ports = touchedPorts(playbook, facts, nics)
  const isAtRest = changes.length === 0 && steps.problems.length === 0
  const judged = isAtRest
    ? { ok: [], problems: [], warnings: [] }
    : judgeHost(playbook, facts, ports, host, steps.drafts)
  const outageSeconds = worstOutage(changes)
  const problems = mergeProblems(host, [
    ...judged.problems,
    ...steps.problems,
    ...judgeOutage(playbook, host, outageSeconds),
  ])
  if (problems.length > 0) return { problems }
  return {
    plan: {
      host,
      about: `${facts.os.name || 'unknown system'} · kernel ${facts.kernel}`,
      fingerprint: takeFingerprint(facts, changes, changes.length > 0 ? ports : nics),
      nics: selection.lines,
      conditions: [...judged.ok, ...steps.notes, ...(isAtRest ? settled(selection.lines) : [])],
      changes,
      warnings: [...steps.warnings, ...judged.warnings, ...warnOfMounts(facts, changes)],
      cutsSsh: changes.some(change => portsCut(change).some(pci => isUnderSsh(facts, pci))),
      outageSeconds,
      confirmWithinSeconds: playbook.guard['confirm-within'],
    },
  }
}

type Expanded = { drafts: Draft[]; notes: string[]; warnings: string[]; problems: Problem[] }

function expandSteps(context: Context): Expanded {
  const found: Expanded = { drafts: [], notes: [], warnings: [], problems: [] }
  if (context.nics.length === 0) return found
  for (const step of context.playbook.steps) {
    const outcome = expand(step, { ...context, drafts: found.drafts })
    if ('problems' in outcome) {
      found.problems.push(...outcome.problems)
      if (step.use === 'driver.build') break // the steps after it would only repeat that
    } else {
      found.drafts = [...found.drafts, ...outcome.changes]
      found.notes.push(...outcome.notes)
      found.warnings.push(...outcome.warnings)
    }
  }
  return found
}

function judgeHost(
  playbook: Playbook,
  facts: Facts,
  ports: readonly Nic[],
  host: string,
  drafts: readonly Draft[],
) {
  const { ok, problems } = checkRequirements(playbook.requires, facts, host)
  const warnings: string[] = []
  const named = new Set(playbook['refuse-when'])
  for (const refusal of new Set([...named, ...impliedBy(drafts)])) {
    const verdict = judge(refusal, facts, ports, host)
    if ('ok' in verdict) {
      // What holds for every playbook is worth a reader's time only where it stands in the way.
      if (named.has(refusal)) ok.push(verdict.ok)
    } else if (playbook['accept-risk'].some(risk => risk === refusal)) {
      warnings.push(`${verdict.message} Accepted: ${refusal}.`)
    } else problems.push(verdict)
  }
  const open = judgeTransactions(facts, host)
  if ('code' in open) problems.push(open)
  return { ok, problems, warnings: 'code' in open ? warnings : [...warnings, ...open.warnings] }
}

/** Conditions that hold whether the playbook names them or not, because of what it does. */
function impliedBy(drafts: readonly Draft[]): Refusal[] {
  const isSwap = drafts.some(draft => draft.kind === 'swap-driver')
  const cutsLink = drafts.some(draft => draft.impact.link !== 'none')
  return [
    // A module that is built here is never signed.
    ...(drafts.some(draft => draft.kind === 'build-module')
      ? (['unsigned-module-rejected'] as const)
      : []),
    ...(isSwap ? (['vf-in-use', 'child-elsewhere', 'openvswitch-port'] as const) : []),
    ...(cutsLink ? (['cluster-member'] as const) : []),
  ]
}

/** Programs wait for a network file system, and go on when it is back: worth knowing, and no reason to refuse. */
function warnOfMounts({ networkMounts }: Facts, changes: readonly Change[]): string[] {
  const isAway = changes.some(({ impact }) => impact.link === 'outage')
  if (!isAway || networkMounts.length === 0) return []
  return [`Network file systems hang while the link is away: ${networkMounts.join(' ')}.`]
}

/** Ports that the changes take down or set: all of a driver that is swapped, else the selected ones. */
function touchedPorts(playbook: Playbook, facts: Facts, nics: readonly Nic[]): readonly Nic[] {
  const modules = playbook.steps.flatMap(step =>
    step.use === 'driver.build' || step.use === 'driver.stock' ? [step.with.module] : [],
  )
  return modules.length === 0
    ? nics
    : [...new Set([...modules.flatMap(module => portsOf(facts, module)), ...nics])]
}

function portsCut(change: Change): readonly string[] {
  return change.kind === 'swap-driver' || change.kind === 'run-command'
    ? change.ports
    : change.kind === 'set-nic' && change.impact.link !== 'none'
      ? [change.pci]
      : []
}

function isUnderSsh(facts: Facts, pci: string): boolean {
  return facts.nics.some(nic => nic.pci === pci && facts.sshPath.includes(nic.name))
}

/** Link-down seconds of the port that is worst off, over all changes: ports go down side by side, changes one by one. */
function worstOutage(changes: readonly Change[]): number {
  const byPort = new Map<string, number>()
  for (const change of changes) {
    for (const pci of portsCut(change))
      byPort.set(pci, (byPort.get(pci) ?? 0) + change.impact.seconds)
  }
  return Math.max(0, ...byPort.values())
}

function judgeOutage(playbook: Playbook, host: string, seconds: number): Problem[] {
  const allowed = playbook['max-outage']
  if (allowed === undefined || seconds <= allowed) return []
  return [
    problem(
      'NF2021',
      'The outage may be longer than the playbook allows.',
      'Raise max-outage in the playbook, if that is acceptable.',
      {
        host,
        details: [
          `allowed    ${allowed} s`,
          `estimated  ≤ ${seconds} s of link-down time on one port`,
        ],
      },
    ),
  ]
}

/** Two checks may find the same thing missing: one problem for it, with all that is missing. */
function mergeProblems(host: string, problems: readonly Problem[]): Problem[] {
  const missing = problems
    .filter(each => each.code === 'NF2010')
    .flatMap(each => each.details.map(line => line.replace(/^missing\s+/, '')))
  const merged = missing.length > 0 ? [missingCommands(host, missing)] : []
  const others = problems.filter(each => each.code !== 'NF2010')
  // Two steps that set the same thing meet the same wall.
  const isFirst = (each: Problem, index: number) =>
    others.findIndex(other => other.code === each.code && other.message === each.message) === index
  // The build names the package of the headers, the requirement does not: the one with better advice stays.
  const headers = others.findLast(each => each.code === 'NF2011')
  return [
    ...merged,
    ...others.filter((each, index) =>
      each.code === 'NF2011' ? each === headers : isFirst(each, index),
    ),
  ]
}

/** What was compared on a host that needs nothing. */
function settled(lines: HostPlan['nics']): string[] {
  const done = lines
    .filter(line => line.text.startsWith('already '))
    .map(line => `${line.name} ${line.text}`)
  return done.length > 0 || lines.some(line => line.selected)
    ? done
    : ['no NIC that the playbook is for']
}
