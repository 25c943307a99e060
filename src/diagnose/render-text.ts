import type { Diagnosis, Evidence, Finding, PortDiagnosis } from '../model/diagnosis.ts'
import { startPage } from '../plan/paint.ts'
import type { Page, Style } from '../plan/paint.ts'
import { chop, escapeControls } from '../plan/wrap.ts'
import { plot, tellPerSecond } from './plot.ts'
import { chooseRates, countFindings, isQuiet, tellLog, tellOrigin, tellPort } from './words.ts'

/**
 * A diagnosis for people, at most `width` columns wide, ending in a line end. Text from hosts cannot disturb a terminal.
 * Signs: ! a finding, · a note, - ruled out, ? not known, │ a line as it was logged.
 */
export function renderDiagnosis(
  diagnosis: Diagnosis,
  { colour = false, width = 100 }: { colour?: boolean; width?: number } = {},
): string {
  const page = startPage({ colour, width })
  const { host, kernel, logs, nicfix, watchedSeconds, ports } = diagnosis
  const about = [
    `nicfix ${nicfix}`,
    'diagnosis',
    host,
    ...(kernel === null ? [] : [`kernel ${kernel}`]),
  ]
  page.put(0, '', about.join(' · '), { style: 'bold' })
  for (const log of logs) page.put(2, 'read', tellLog(log), { style: 'dim' })
  if (watchedSeconds !== null)
    page.put(2, 'read', `counters, for ${Math.round(watchedSeconds)} s`, { style: 'dim' })

  if (diagnosis.findings.length + diagnosis.notes.length > 0) {
    page.blank()
    page.put(0, '', 'the host', { style: 'bold' })
    renderFindings(page, diagnosis, width)
  }
  for (const port of ports.filter(each => !isQuiet(each))) renderPort(page, port, width)
  renderQuiet(page, ports.filter(isQuiet))
  renderIgnored(page, diagnosis, width)
  renderEnd(page, diagnosis)
  return page.toString()
}

function renderPort(page: Page, port: PortDiagnosis, width: number): void {
  page.blank()
  page.put(0, '', tellPort(port), { style: 'bold' })
  renderFindings(page, port, width)
  if (port.ruledOut.length > 0) page.blank()
  for (const { lead, why } of port.ruledOut) page.put(2, '-', `ruled out: ${lead}: ${why}`)
  for (const { lead, why } of port.open)
    page.put(2, '?', `not known: ${lead}: ${why}`, { style: 'yellow' })
  renderRates(page, port)
}

function renderFindings(
  page: Page,
  { findings, notes }: Pick<PortDiagnosis, 'findings' | 'notes'>,
  width: number,
): void {
  for (const [at, finding] of findings.entries()) {
    if (at > 0) page.blank()
    renderFinding(page, finding, width)
  }
  for (const note of notes) {
    page.put(2, '·', tellTitle(note), { style: 'dim' })
    for (const each of note.evidence.slice(0, 1)) renderEvidence(page, each, width)
    for (const line of note.against) page.put(4, '', line)
    if (note.against.length === 0) page.put(4, '', note.cause)
  }
}

const colours: Readonly<Record<Finding['action'], Style>> = {
  stop: 'red',
  playbook: 'yellow',
  advise: 'yellow',
  note: 'dim',
}

const signs: Readonly<Record<Finding['action'], string>> = {
  stop: 'stop',
  playbook: 'playbook',
  advise: 'advice',
  note: '',
}

function renderFinding(page: Page, finding: Finding, width: number): void {
  const { action, cause, evidence, against, advice, playbook, sources } = finding
  page.put(2, '!', tellTitle(finding), { style: colours[action], right: signs[action] })
  for (const each of evidence) renderEvidence(page, each, width)
  page.put(4, '', cause)
  for (const line of against) page.put(4, 'but:', line)
  for (const [at, line] of advice.entries()) page.put(4, `${at + 1}.`, line)
  if (playbook) {
    if (playbook.withheld !== null) page.put(4, 'later:', `${playbook.name}; ${playbook.withheld}`)
    page.put(4, '$', playbook.command, { style: playbook.withheld === null ? 'green' : 'dim' })
    for (const { name, about } of playbook.missing)
      page.put(6, '', `${name.toUpperCase()}: ${about}`, { style: 'dim' })
  }
  for (const source of sources.slice(0, 1))
    page.put(4, 'source:', shorten(source), { style: 'dim' })
}

/** A file of the kernel by its path: the whole address is in JSON and Markdown. */
const shorten = (source: string): string =>
  source.replace(/^https:.*\/linux\.git\/tree\//, 'linux: ')

const tellTitle = ({ title, seen }: Finding): string =>
  seen === null ? title : `${title}: ${seen}`

/** A line of a log stands as it was logged; only what a terminal would obey is shown as its code. */
function renderEvidence(page: Page, evidence: Evidence, width: number): void {
  const beside = tellOrigin(evidence)
  const [first = '', ...rest] = fold(escapeControls(evidence.text), width - 6)
  const room = width - 6 - first.length - beside.length
  const tail = beside === '' || room < 2 ? '' : `  ${beside}`
  page.putLine(4, `│ ${first}${tail}`, 'cyan')
  for (const line of rest) page.putLine(4, `│ ${line}`, 'cyan')
  if (beside !== '' && tail === '') page.putLine(4, `│   ${beside}`, 'dim')
}

/** A quoted line in pieces, cut behind a space where one is near; together they are the line. */
function fold(text: string, width: number): string[] {
  const pieces: string[] = []
  for (let rest = text; rest !== ''; rest = rest.slice(pieces.at(-1)?.length)) {
    const [head = ''] = chop(rest.slice(0, 2 * width), width)
    const behindSpace = head.lastIndexOf(' ') + 1
    const isNear = head.length < rest.length && behindSpace > head.length / 2
    pieces.push(isNear ? head.slice(0, behindSpace) : head)
  }
  return pieces
}

function renderRates(page: Page, { rates }: PortDiagnosis): void {
  const chosen = chooseRates(rates)
  if (chosen.length === 0) return
  page.blank()
  const longest = Math.max(...chosen.map(({ counter }) => counter.length))
  for (const { counter, delta, perSecond, course, meaning } of chosen) {
    const line = `${counter.padEnd(longest)} ${`+${delta}`.padStart(11)} ${tellPerSecond(perSecond).padStart(9)}`
    const bars = plot(course)
    page.putLine(
      4,
      escapeControls(bars === '' ? `${line}  ${meaning}`.trimEnd() : `${line}  ${bars}`),
    )
  }
}

function renderQuiet(page: Page, ports: readonly PortDiagnosis[]): void {
  if (ports.length === 0) return
  page.blank()
  page.put(0, '', `nothing found: ${ports.map(({ name, id }) => name ?? id).join(', ')}`, {
    style: 'dim',
  })
}

function renderIgnored(page: Page, { ignored }: Diagnosis, width: number): void {
  if (ignored.length === 0) return
  page.blank()
  page.put(0, '', 'lines that do not count', { style: 'dim' })
  for (const { why, count, first } of ignored) {
    page.put(2, '-', `${count === 1 ? '1 line' : `${count} lines`} ${why}`, { style: 'dim' })
    for (const line of fold(escapeControls(first), width - 6)) page.putLine(4, `│ ${line}`, 'dim')
  }
}

function renderEnd(page: Page, diagnosis: Diagnosis): void {
  const { verdict, next } = diagnosis
  page.blank()
  const count = countFindings(diagnosis)
  const lead = count === 0 ? 'Nothing found:' : count === 1 ? '1 finding:' : `${count} findings:`
  page.put(0, lead, verdict, { style: 'bold' })
  for (const command of next) page.put(0, 'next:', command)
}
