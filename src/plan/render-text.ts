import type { Change, HostPlan, Plan } from '../model/plan.ts'
import { shortDigest } from './make-plan.ts'
import { startPage } from './paint.ts'
import type { Page } from './paint.ts'
import { renderChange } from './render-change.ts'

/**
 * A plan for people, at most `width` columns wide, ending in a line end. Texts from hosts cannot disturb a terminal.
 * Signs: + add, ~ change, ! touches connectivity, = left as it is, ⟲ undo, ? check, ≤ bound.
 */
export function renderPlan(
  plan: Plan,
  { colour = false, width = 100 }: { colour?: boolean; width?: number } = {},
): string {
  const page = startPage({ colour, width })
  const { hosts, playbook } = plan
  page.put(
    0,
    '',
    `nicfix ${plan.nicfix} · plan ${shortDigest(plan.digest)} · ${playbook.name} · ${plural(hosts.length, 'host')}`,
    {
      style: 'bold',
    },
  )
  for (const host of hosts) renderHost(page, host, width)
  page.blank()
  renderSummary(page, plan)
  return page.toString()
}

function renderHost(page: Page, host: HostPlan, width: number): void {
  page.blank()
  if (host.changes.length === 0) {
    page.put(
      0,
      '',
      `${host.host}  = no changes (${plural(host.conditions.length, 'check')} match${host.conditions.length === 1 ? 'es' : ''})`,
      { style: 'bold' },
    )
    for (const line of host.conditions) page.put(4, '=', line, { style: 'dim' })
    return
  }
  page.put(0, '', `${host.host}  ${host.about}`, { style: 'bold' })
  const longest = Math.max(...host.nics.map(nic => nic.name.length))
  for (const nic of host.nics) {
    const mark = `${nic.selected ? '*' : '='} ${nic.name.padEnd(longest)} `
    page.put(4, mark, nic.text, nic.selected ? {} : { style: 'dim' })
  }
  if (host.cutsSsh)
    page.put(4, '!', 'the connection that nicfix uses may drop; the host goes on by itself', {
      style: 'yellow',
    })
  if (host.conditions.length > 0) page.put(4, '?', host.conditions.join(' · '), { right: 'ok' })
  for (const phase of ['build', 'trial', 'persist'] as const) renderPhase(page, host, phase, width)
  if (host.warnings.length > 0) page.blank()
  for (const warning of host.warnings) page.put(2, 'warning:', warning, { style: 'yellow' })
}

function renderPhase(page: Page, host: HostPlan, phase: Change['phase'], width: number): void {
  const changes = host.changes.filter(change => change.phase === phase)
  if (changes.length === 0) return
  page.blank()
  const [letter, text] = describePhase(host, phase)
  page.put(2, `${letter} `, text, { style: 'bold' })
  for (const change of changes) renderChange(page, change, width)
}

function describePhase(
  { changes, confirmWithinSeconds }: HostPlan,
  phase: Change['phase'],
): readonly [letter: string, text: string] {
  switch (phase) {
    case 'build':
      return ['A', 'build: no effect on the running system']
    case 'trial': {
      const old = changes.some(change => change.kind === 'swap-driver')
        ? 'the old driver'
        : 'with the old settings'
      const back = `unless it is confirmed over a new connection within ${confirmWithinSeconds} s, the host goes back by itself`
      return ['B', `trial in memory: a power cut anywhere in B boots ${old}; ${back}`]
    }
    case 'persist':
      return ['C', 'persist: only after the confirmation, one atomic rename each']
  }
}

function renderSummary(page: Page, { hosts }: Plan): void {
  const changes = hosts.flatMap(host => host.changes)
  if (changes.length === 0) {
    page.put(0, '', `Plan: no changes on ${plural(hosts.length, 'host')}`, { style: 'bold' })
    return
  }
  const changed = hosts.filter(host => host.changes.length > 0)
  const undo = Math.max(
    ...changed.map(host => sum(host.changes.map(change => change.undo.seconds))),
  )
  const parts = [
    `Plan: ${plural(changes.length, 'change')} on ${plural(changed.length, 'host')}`,
    `reversible ${changes.length}/${changes.length}`,
    `worst link impact ${worstImpact(hosts)}`,
    `undo ≤ ${undo} s`,
  ]
  page.put(0, '', parts.join(' · '), { style: 'bold' })
  const unknown = [
    ...new Set(
      changes.filter(change => change.certainty !== 'exact').flatMap(change => change.bounds),
    ),
  ]
  page.put(0, 'Not known until apply:', unknown.join(' · ') || 'nothing')
}

function worstImpact(hosts: readonly HostPlan[]): string {
  const seconds = Math.max(...hosts.map(host => host.outageSeconds))
  const links = new Set(hosts.flatMap(host => host.changes.map(change => change.impact.link)))
  return links.has('outage')
    ? `outage ≤ ${seconds} s`
    : links.has('blip')
      ? `blip ≤ ${seconds} s`
      : 'none'
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
