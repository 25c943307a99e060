import type { Change, HostPlan, Plan } from '../model/plan.ts'
import { listNames } from '../model/host-names.ts'
import { groupHosts } from './groups.ts'
import type { Group } from './groups.ts'
import { shortDigest } from './make-plan.ts'
import { startPage } from './paint.ts'
import type { Page } from './paint.ts'
import { renderChange } from './render-change.ts'
import { plural, summarize } from './summary.ts'
import { tellWaves } from './waves.ts'

/**
 * A plan for people, hosts with the same one together, at most `width` columns wide, ending in a line end. Texts from
 * hosts cannot disturb a terminal.
 * Signs: + add, ~ change, ! touches connectivity, = left as it is, ⟲ undo, ? check, ≤ bound.
 */
export function renderPlan(
  plan: Plan,
  { colour = false, width = 100 }: { colour?: boolean; width?: number } = {},
): string {
  const page = startPage({ colour, width })
  const { hosts, playbook, fleet } = plan
  const waves = tellWaves(fleet, hosts)
  const inWaves = waves === '' ? '' : ` · ${waves}`
  page.put(
    0,
    '',
    `nicfix ${plan.nicfix} · plan ${shortDigest(plan.digest)} · ${playbook.name} · ${plural(hosts.length, 'host')}${inWaves}`,
    {
      style: 'bold',
    },
  )
  for (const group of groupHosts(hosts)) renderGroup(page, group, width)
  page.blank()
  renderSummary(page, plan)
  return page.toString()
}

/** The part of a plan that is about one group of hosts. */
export function renderGroupText(group: Group, width: number): string {
  const page = startPage({ colour: false, width })
  renderGroup(page, group, width)
  return page.toString().trimStart()
}

function renderGroup(page: Page, { plan: host, names }: Group, width: number): void {
  page.blank()
  const who =
    names.length === 1 ? host.host : `${listNames(names)} (${plural(names.length, 'host')})`
  if (host.changes.length === 0) {
    const checks = `${plural(host.conditions.length, 'check')} match${host.conditions.length === 1 ? 'es' : ''}`
    page.put(0, '', `${who}  = no changes (${checks})`, { style: 'bold' })
    for (const line of host.conditions) page.put(4, '=', line, { style: 'dim' })
    return
  }
  page.put(0, '', `${who}  ${host.about}`, { style: 'bold' })
  const longest = Math.max(...host.nics.map(nic => nic.name.length))
  for (const nic of host.nics) {
    const mark = `${nic.selected ? '*' : '='} ${nic.name.padEnd(longest)} `
    page.put(4, mark, nic.text, nic.selected ? {} : { style: 'dim' })
    for (const rider of nic.riders) page.put(7 + longest, '└', rider, { style: 'yellow' })
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
      const commands = changes.some(change => change.kind === 'run-command')
        ? '; what a command of the playbook left on the disk, its undo takes back'
        : ''
      const back = `unless it is confirmed over a new connection within ${confirmWithinSeconds} s, the host goes back by itself`
      return ['B', `trial in memory: a power cut anywhere in B boots ${old}${commands}; ${back}`]
    }
    case 'persist': {
      const removes = changes.some(
        change => change.kind === 'write-file' && 'instead' in change.content,
      )
      const how = removes ? 'rename or removal' : 'rename'
      return ['C', `persist: only after the confirmation, one atomic ${how} each`]
    }
  }
}

function renderSummary(page: Page, { hosts }: Plan): void {
  const { changes, changed, impact, undoSeconds, unknown } = summarize(hosts)
  if (changes === 0) {
    page.put(0, '', `Plan: no changes on ${plural(hosts.length, 'host')}`, { style: 'bold' })
    return
  }
  const parts = [
    `Plan: ${plural(changes, 'change')} on ${plural(changed, 'host')}`,
    `reversible ${changes}/${changes}`,
    `worst link impact ${impact}`,
    `undo ≤ ${undoSeconds} s`,
  ]
  page.put(0, '', parts.join(' · '), { style: 'bold' })
  page.put(0, 'Not known until apply:', unknown.join(' · ') || 'nothing')
}
