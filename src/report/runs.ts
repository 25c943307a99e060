import { show } from './problems.ts'
import { renderStanding } from './standing.ts'
import type { Standing } from './standing.ts'
import { tellOutcome, tellState } from './words.ts'

/** A run as `runs ls` tells it. */
export type RunLine = {
  readonly run: string
  readonly playbook: string
  readonly hosts: readonly { readonly host: string; readonly standing: Standing }[]
  /** Why its files cannot be read; null when they can. */
  readonly fault: string | null
}

function sayStanding(standing: Standing): string {
  if (standing.kind === 'new') return 'not begun'
  return standing.kind === 'ended' ? tellOutcome(standing.outcome) : 'OPEN'
}

/** "h1", or "12 hosts"; then how many of them ended how. */
function sayHosts({ hosts }: RunLine): [string, string] {
  const ends = new Map<string, number>()
  for (const { standing } of hosts) {
    const word = sayStanding(standing)
    ends.set(word, (ends.get(word) ?? 0) + 1)
  }
  const names = hosts.map(({ host }) => show(host)).join(' ')
  const few = hosts.length <= 3 ? names : `${hosts.length} hosts`
  const sum = [...ends].map(([word, count]) => (ends.size > 1 ? `${count} ${word}` : word))
  return [few, sum.join(', ')]
}

/** A run a line, oldest first. */
export function renderRuns(lines: readonly RunLine[]): string {
  if (lines.length === 0) return 'no runs'
  const rows = lines.map(line => {
    const [hosts, ends] = line.fault === null ? sayHosts(line) : ['?', show(line.fault)]
    return [line.run, show(line.playbook), hosts, ends]
  })
  const widths = [0, 1, 2].map(at => Math.max(...rows.map(row => row[at]?.length ?? 0)))
  return rows.map(row => row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  ')).join('\n')
}

/** A run, host by host, with what can be typed next. */
export function renderRun(line: RunLine): string {
  const { run, playbook, hosts, fault } = line
  const open = hosts.some(({ standing }) => standing.kind === 'open')
  const kept = hosts.some(({ standing }) => 'outcome' in standing && standing.outcome === 'changed')
  const waits = hosts.some(({ standing }) => 'state' in standing && standing.state === 'permitting')
  return [
    `run ${run} · ${show(playbook)}`,
    ...(fault === null ? [] : [`cannot be read: ${show(fault)}`]),
    ...hosts.map(({ host, standing }) => renderStanding(host, standing)),
    ...(waits ? [`keep the trial: nicfix confirm ${run}`] : []),
    ...(open ? [`go on: nicfix resume ${run}`] : []),
    ...(kept && !open ? [`take it back: nicfix rollback ${run}`] : []),
  ].join('\n')
}

type Line = { readonly kind: string; readonly at: string; readonly [key: string]: unknown }

const word = (value: unknown) => (typeof value === 'string' ? show(value) : '')

function renderLine(line: Line): string {
  const when = show(line.at.slice(0, 19).replace('T', ' '))
  const { kind, state, effect, verdict, outcome, cause, plan } = line
  switch (kind) {
    case 'begin':
    case 'resumed':
      return `${when}  ${kind}  plan ${word(plan).slice(7, 15)}`
    case 'intent':
      return `${when}  ${tellState(word(state))}: ${tellState(word(effect))}`
    case 'end': {
      const { code, message } = (cause ?? {}) as { code?: unknown; message?: unknown }
      return `${when}    ${word(verdict)}${message === undefined ? '' : `  ${word(code)} ${word(message)}`}`
    }
    case 'outcome':
      return `${when}  ended: ${tellOutcome(word(outcome))}`
    default:
      return `${when}  ${show(kind)} ${tellState(word(state))}`.trimEnd()
  }
}

/** A host's journal for people: what was begun when, and how it ended. */
export function renderJournal(host: string, lines: readonly Line[]): string {
  return [host, ...lines.map(line => `  ${renderLine(line)}`)].join('\n')
}
