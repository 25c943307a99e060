import type { Plan } from '../model/plan.ts'
import { listNames } from '../model/host-names.ts'
import { groupHosts, tellDifference } from './groups.ts'
import type { Group } from './groups.ts'
import { shortDigest } from './make-plan.ts'
import { renderGroupText } from './render-text.ts'
import { plural, summarize } from './summary.ts'
import { tellWaves } from './waves.ts'
import { escapeControls } from './wrap.ts'

/** GitHub takes 65,536 characters in a comment; other text of the job may stand around this one. */
const most = 60_000
const width = 96

/**
 * A plan as one comment on a pull request: a table with a line for each group of hosts, then what is changed there,
 * folded. At most 60,000 characters: what is left out for that is named, largest first. The first line is a marker by
 * which a job finds its own comment again. Texts from hosts cannot format, mention or link anything.
 */
export function renderMarkdown(plan: Plan): string {
  const groups = groupHosts(plan.hosts)
  const changed = groups.filter(group => group.plan.changes.length > 0)
  const details = changed.map(group => ({ group, text: renderDetails(group) }))
  const head = renderHead(plan)
  const foot = renderFoot(plan)
  const table = renderTable(groups, most - head.length - foot.length - 500)
  let room = most - head.length - foot.length - table.length - 200
  // The small ones stay: an odd host is more worth reading than what nearly all have in common… and shorter.
  const kept = new Set<Group>()
  for (const { group, text } of details.toSorted((a, b) => a.text.length - b.text.length)) {
    if (text.length > room) break
    room -= text.length
    kept.add(group)
  }
  const left = changed.filter(group => !kept.has(group))
  const shown = details.flatMap(({ group, text }) => (kept.has(group) ? [text] : []))
  const names = cut(listNames(left.flatMap(group => group.names)), 100)
  const note = left.length > 0 ? [`What is changed on ${code(names)} is in the plan file.\n`] : []
  return [head, table, ...shown, ...note, foot].join('\n')
}

function renderHead({ digest, playbook, hosts, fleet }: Plan): string {
  const { impact, unknown } = summarize(hosts)
  const waves = tellWaves(fleet, hosts)
  const isRough = impact !== 'none'
  const drops = hosts.some(host => host.cutsSsh) ? ', the SSH session may drop' : ''
  const title = [
    `### nicfix plan ${code(shortDigest(digest))}`,
    code(playbook.name),
    `${plural(hosts.length, 'host')}${waves === '' ? '' : `, ${waves}`}`,
    `${isRough ? '⚠ ' : ''}link impact: ${impact}${drops}`,
  ]
  const warnings = [...new Set(hosts.flatMap(host => host.warnings))]
  return [
    `<!-- nicfix:plan ${playbook.name.replaceAll(/[^\w.-]/g, '_')} -->`,
    title.join(' · '),
    '',
    ...warnings.slice(0, 20).map(warning => `> ⚠ ${code(warning)}`),
    ...(warnings.length > 20 ? [`> and ${warnings.length - 20} more warnings`] : []),
    ...(warnings.length > 0 ? [''] : []),
    ...(unknown.length > 0
      ? [`Not known until apply: ${cut(unknown.map(code).join(' · '), 2000)}`, '']
      : []),
  ].join('\n')
}

function renderTable(groups: readonly Group[], room: number): string {
  const [base] = groups
  const rows = groups.map((group, at) => renderRow(group, at === 0 ? undefined : base))
  const lines = [
    '| hosts | changes | link impact | undo | differs |',
    '| --- | --: | --- | --- | --- |',
  ]
  let length = lines.join('\n').length
  const fit = rows.findIndex(row => (length += row.length + 1) > room)
  if (fit < 0) return [...lines, ...rows, ''].join('\n')
  const rest = groups.slice(fit)
  const { changes } = summarize(rest.map(({ plan }) => plan))
  const count = rest.reduce((total, { names }) => total + names.length, 0)
  return [
    ...lines,
    ...rows.slice(0, fit),
    `| ${count} more | ${changes} | | | see the plan file |`,
    '',
  ].join('\n')
}

function renderRow({ plan, names }: Group, base: Group | undefined): string {
  const { changes, impact, undoSeconds } = summarize([plan])
  const count = names.length > 1 ? ` (${names.length})` : ''
  const why = base ? cell(cut(tellDifference(base.plan, plan), 120)) : ''
  const undo = changes === 0 ? '' : `≤ ${undoSeconds} s, ${changes}/${changes} reversible`
  const what = changes === 0 ? 'none' : String(changes)
  return `| ${cell(cut(listNames(names), 300))}${count} | ${what} | ${impact} | ${undo} | ${why} |`
}

function renderDetails(group: Group): string {
  const text = renderGroupText(group, width)
  const fence = fenceFor(text, 3)
  const names = cut(listNames(group.names), 100).replaceAll(
    /[&<>]/g,
    sign => `&#${sign.charCodeAt(0)};`,
  )
  return [
    `<details><summary>Changes on <code>${names}</code></summary>`,
    '',
    `${fence}text`,
    text.trimEnd(),
    fence,
    '',
    '</details>',
    '',
  ].join('\n')
}

function renderFoot({ digest }: Plan): string {
  return [
    `Only what is in this plan will be done: ${code(`nicfix apply --plan FILE --approve ${digest}`)}`,
    'A host that is no longer as it was when the plan was made is refused before anything is written.',
    '',
  ].join('\n')
}

/** Text as code: no formatting, no mention and no link comes of it. */
function code(text: string): string {
  const line = escapeControls(text).replaceAll('\n', ' ')
  const fence = fenceFor(line, 1)
  return line.includes('`') ? `${fence} ${line} ${fence}` : `${fence}${line}${fence}`
}

/** More ticks than there are anywhere in the text, so that nothing in it ends the code. */
const fenceFor = (text: string, least: number): string =>
  '`'.repeat(Math.max(least, ...Array.from(text.matchAll(/`+/g), ([run]) => run.length + 1)))

/** The same within a table, where a bar would end the cell even in code. */
const cell = (text: string): string => code(text).replaceAll('|', String.raw`\|`)

const cut = (text: string, length: number): string =>
  text.length > length ? `${text.slice(0, length - 1)}…` : text
