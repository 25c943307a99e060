import { listNames } from '../model/host-names.ts'
import { show } from './problems.ts'
import { tellChange, tellOutcome, tellSeconds } from './words.ts'

/** How one host ended, as far as a report tells it. */
export type HostReport = {
  readonly host: string
  readonly run: string
  readonly outcome: string
  readonly exitCode: number
  readonly interrupted: boolean
  readonly detached: boolean
  readonly changes: readonly {
    readonly id: string
    readonly title: string
    readonly state: string
    readonly fault: string | null
  }[]
  readonly proofs: readonly { readonly name: string; readonly ok: boolean; readonly text: string }[]
  readonly outageSeconds: number | null
  readonly seconds: number
  readonly warnings: readonly string[]
}

function renderChanges({ changes }: HostReport): string[] {
  const width = Math.max(0, ...changes.map(({ title }) => title.length))
  return changes.flatMap(({ id, title, state, fault }) => {
    const line = `  ${id}  ${show(title).padEnd(width)}  ${tellChange(state)}`
    return fault === null ? [line] : [line, `      ${show(fault)}`]
  })
}

const columns = 100

/** Names up to this length share a column. */
const nameColumn = 38

/** A proof a line; a value that does not fit beside its name goes below it, whole: people compare checksums. */
function renderProofs({ proofs }: HostReport): string[] {
  if (proofs.length === 0) return []
  const lengths = proofs.map(({ name }) => name.length).filter(length => length <= nameColumn)
  const width = Math.max(0, ...lengths)
  const lines = proofs.flatMap(({ name, ok, text }) => {
    const start = `    ${ok ? 'ok ' : 'NOT'}  `
    const line = `${start}${show(name).padEnd(width)}  ${show(text)}`.trimEnd()
    if (line.length <= columns) return [line]
    return [`${start}${show(name)}`, `           ${show(text)}`]
  })
  return ['  proofs', ...lines]
}

function renderNext({ host, run, outcome, detached }: HostReport): string[] {
  if (detached) {
    return [
      `  let go of: the guard on ${host} finishes without help`,
      `  how it went: nicfix status --host ${host}`,
      `  go on with it: nicfix resume ${run}`,
    ]
  }
  if (outcome === 'changed') return [`  take it back: nicfix rollback ${run} --host ${host}`]
  if (outcome === 'dirty' || outcome === 'unknown') {
    return [
      `  look: nicfix status --host ${host}`,
      `  try again to take it back: nicfix rollback ${run} --host ${host}`,
    ]
  }
  return []
}

/** One host: outcome, changes, proofs, how long the link was down, and what to type next. */
export function renderHost(report: HostReport): string {
  const { host, outcome, seconds, outageSeconds, interrupted, warnings } = report
  const stopped = interrupted ? ' · stopped by ^C' : ''
  const empty = outcome === 'unchanged' ? [] : renderChanges(report)
  return [
    `${host} · ${tellOutcome(outcome)} · ${tellSeconds(seconds)}${stopped}`,
    ...empty,
    ...renderProofs(report),
    ...(outageSeconds === null ? [] : [`  link down for ${tellSeconds(outageSeconds)}`]),
    ...warnings.map(each => `  warning: ${show(each)}`),
    ...renderNext(report),
  ].join('\n')
}

/** From this many on, hosts that ended well and alike are told together. */
const fewest = 3

/** What hosts must have in common to be told together: nothing that somebody has to look at, and the same changes. */
function keyOf({ host, exitCode, interrupted, warnings, proofs, ...rest }: HostReport): string {
  const isDull = exitCode === 0 && !interrupted && warnings.length === 0 && proofs.every(p => p.ok)
  if (!isDull) return host
  return JSON.stringify([rest.outcome, rest.changes.map(({ title, state }) => [title, state])])
}

/** "41.0s", or "41.0s to 2m 03s". */
function tellRange(seconds: readonly number[]): string {
  const [least, most] = [Math.min(...seconds), Math.max(...seconds)].map(tellSeconds)
  return least === most ? `${least}` : `${least} to ${most}`
}

function tellCounts(counts: readonly number[]): string {
  const [least, most] = [Math.min(...counts), Math.max(...counts)]
  return least === most ? `${least}` : `${least} to ${most}`
}

function renderAlike(run: string, reports: readonly HostReport[]): string {
  const [first] = reports
  if (!first || reports.length < fewest) return reports.map(renderHost).join('\n\n')
  const names = `${listNames(reports.map(({ host }) => host))} (${reports.length} hosts)`
  const proofs = reports.map(each => each.proofs.length)
  const outages = reports.flatMap(({ outageSeconds }) => outageSeconds ?? [])
  const isKept = first.outcome === 'changed'
  return [
    `${names} · ${tellOutcome(first.outcome)} · ${tellRange(reports.map(({ seconds }) => seconds))}`,
    ...(isKept ? renderChanges(first) : []),
    ...(Math.max(...proofs) > 0 ? [`  proofs  ${tellCounts(proofs)} of each host, all ok`] : []),
    ...(outages.length > 0 ? [`  link down for ${tellRange(outages)}`] : []),
    ...(isKept ? [`  take one back: nicfix rollback ${run} --host ${first.host}`] : []),
  ].join('\n')
}

function renderSkipped(
  run: string,
  reports: readonly HostReport[],
  skipped: readonly string[],
): string {
  const them = skipped.length === 1 ? 'it' : 'them'
  // Without that word a resumed run stops for the same reason.
  const anyway = reports.some(({ exitCode }) => exitCode !== 0) ? ' --keep-going' : ''
  return `${listNames(skipped)} · not started\n  go on with ${them}: nicfix resume ${run}${anyway}`
}

/** Hosts that ended well and alike together, each other one for itself, those that were never begun; then the run's id. */
export function renderReport(
  run: string,
  reports: readonly HostReport[],
  skipped: readonly string[] = [],
): string {
  const groups = Map.groupBy(reports, keyOf)
  const left = skipped.length === 0 ? [] : [renderSkipped(run, reports, skipped)]
  const told = [...groups.values()].map(each => renderAlike(run, each))
  return [...told, ...left, `run ${run}`].join('\n\n')
}
