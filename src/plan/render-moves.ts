import { compare } from '../actions/text.ts'
import type { Facts } from '../model/facts.ts'
import type { HostPlan, Plan } from '../model/plan.ts'
import { staleReasons } from './fingerprint.ts'
import { shortDigest } from './make-plan.ts'
import { startPage } from './paint.ts'
import type { Page } from './paint.ts'
import { renderGroupText } from './render-text.ts'

/** A plan that was made before, one that was made now, and how the hosts are now, by name. */
export type Moves = {
  readonly before: Plan
  readonly now: Plan
  readonly facts: Readonly<Record<string, Facts>>
}

/** What has moved on the hosts since a plan was made, and what that makes of their plans; for people. */
export function renderMoves(
  { before, now, facts }: Moves,
  { colour = false, width = 100 }: { colour?: boolean; width?: number } = {},
): string {
  const page = startPage({ colour, width })
  const title = `since plan ${shortDigest(before.digest)} · ${before.playbook.name} · now plan ${shortDigest(now.digest)}`
  page.put(0, '', title, { style: 'bold' })
  for (const then of before.hosts) {
    const next = now.hosts.find(({ host }) => host === then.host)
    renderHost(page, then, { next, facts: facts[then.host], width })
  }
  const known = new Set(before.hosts.map(({ host }) => host))
  for (const { host } of now.hosts.filter(each => !known.has(each.host))) {
    page.blank()
    page.put(0, '', `${host}  is not in that plan`, { style: 'bold' })
  }
  return page.toString()
}

type Now = {
  readonly next: HostPlan | undefined
  readonly facts: Facts | undefined
  readonly width: number
}

function renderHost(page: Page, then: HostPlan, { next, facts, width }: Now): void {
  page.blank()
  if (!next || !facts) {
    page.put(0, '', `${then.host}  no plan for it now`, { style: 'bold' })
    return
  }
  const moved = staleReasons(then, facts)
  const diff = diffLines(then, next, width - 8)
  if (moved.length + diff.length === 0) {
    page.put(0, '', `${then.host}  = nothing has moved`, { style: 'bold' })
    return
  }
  page.put(0, '', `${then.host}  ${moved.length === 0 ? 'its plan has changed' : 'has moved'}`, {
    style: 'bold',
  })
  for (const line of moved) page.put(4, '~', line, { style: 'yellow' })
  for (const line of diff) {
    const style = line.startsWith('+') ? 'green' : line.startsWith('-') ? 'red' : undefined
    page.putLine(4, `│ ${line}`, style)
  }
}

/** The two plans as a reader sees them, without what they have in common but for a line around. */
function diffLines(then: HostPlan, next: HostPlan, width: number): string[] {
  const text = (plan: HostPlan) => renderGroupText({ plan, names: [plan.host] }, width)
  return compare(then.host, text(then), text(next))
    .split('\n')
    .filter(line => line !== '' && !/^(---|\+\+\+) /.test(line))
}
