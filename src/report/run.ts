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

/** All hosts, then the run's id. */
export function renderReport(run: string, reports: readonly HostReport[]): string {
  return [...reports.map(renderHost), `run ${run}`].join('\n\n')
}
