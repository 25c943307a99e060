import type { Change } from '../model/plan.ts'
import type { Page, Style } from './paint.ts'
import { chop, escapeControls } from './wrap.ts'

const signs = {
  'build-module': '+',
  'swap-driver': '!',
  'set-nic': '!',
  'run-command': '!',
} as const

/** One change: what, why, how, what it costs, how it is undone, how it is checked. */
export function renderChange(page: Page, change: Change, width: number): void {
  const sign = signOf(change)
  const style: Style =
    sign === '!' ? 'yellow' : sign === '+' ? 'green' : sign === '-' ? 'red' : 'cyan'
  page.put(3, `${change.id} ${sign}`, change.title, { style, right: change.certainty })
  page.put(8, '', change.reason)
  for (const command of change.commands) page.put(8, '$', command)
  renderDiff(page, change.diff, width)
  for (const bound of change.bounds) page.put(8, '≤', bound)
  if (change.impact.link !== 'none') {
    page.put(8, '!', change.impact.text, {
      style: change.impact.link === 'outage' ? 'red' : 'yellow',
    })
  }
  const undo =
    change.impact.link === 'none'
      ? change.undo.class
      : `${change.undo.class} · ≤ ${change.undo.seconds} s`
  page.put(8, '⟲', change.undo.text, { right: undo })
  if (change.checks.length > 0) page.put(8, '?', change.checks.join(' · '))
}

function signOf(change: Change): string {
  if (change.kind !== 'write-file') return signs[change.kind]
  return 'instead' in change.content ? '-' : change.expect === 'absent' ? '+' : '~'
}

/** The lines of a unified diff; a long one goes on below its own sign. */
function renderDiff(page: Page, diff: string, width: number): void {
  const lines = diff.split('\n').filter(line => line !== '' && !/^(---|\+\+\+) /.test(line))
  for (const line of lines) {
    if (line.startsWith('@@') || line.startsWith('\\')) {
      page.put(8, '│', line, { style: 'dim' })
      continue
    }
    const shown = escapeControls(line.replaceAll('\t', '    '))
    const sign = shown[0]!
    const style: Style | undefined = sign === '+' ? 'green' : sign === '-' ? 'red' : undefined
    for (const piece of chop(shown.slice(1), width - 11))
      page.putLine(8, `│ ${sign}${piece}`, style)
  }
}
