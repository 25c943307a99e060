import type { Diagnosis, Finding, PortDiagnosis } from '../model/diagnosis.ts'
import { escapeControls } from '../plan/wrap.ts'
import { chooseRates, isQuiet, tellLog, tellOrigin, tellPort } from './words.ts'
import { tellPerSecond } from './plot.ts'

/** A diagnosis for a ticket or a pull request, ending in a line end. Text from hosts is never read as Markdown. */
export function renderDiagnosisMarkdown(diagnosis: Diagnosis): string {
  const { host, kernel, logs, verdict, ports, ignored, next, watchedSeconds } = diagnosis
  const lines = [
    `### nicfix diagnosis of ${span(host)}`,
    '',
    `**${text(verdict)}**`,
    '',
    ...(kernel === null ? [] : [`- kernel ${span(kernel)}`]),
    ...logs.map(log => `- read ${text(tellLog(log))}`),
    ...(watchedSeconds === null ? [] : [`- counters, for ${Math.round(watchedSeconds)} s`]),
    ...(diagnosis.findings.length > 0
      ? ['', '#### the host', ...diagnosis.findings.flatMap(renderFinding)]
      : []),
    ...ports.filter(port => !isQuiet(port)).flatMap(renderPort),
    ...(ignored.length === 0
      ? []
      : [
          '',
          '<details><summary>lines that do not count</summary>',
          '',
          ...ignored.map(({ why, count, first }) => `- ${count} × ${text(why)}: ${span(first)}`),
          '',
          '</details>',
        ]),
    ...(next.length === 0 ? [] : ['', 'Next:', ...block('sh', next)]),
  ]
  return `${lines.join('\n')}\n`
}

function renderPort(port: PortDiagnosis): string[] {
  const { findings, notes, ruledOut, open } = port
  const leads = [
    ...notes.map(({ title, against }) => `| told | ${text(title)} | ${text(against.join('; '))} |`),
    ...ruledOut.map(({ lead, why }) => `| ruled out | ${text(lead)} | ${text(why)} |`),
    ...open.map(({ lead, why }) => `| not known | ${text(lead)} | ${text(why)} |`),
  ]
  const rates = chooseRates(port.rates).map(
    ({ counter, delta, perSecond, meaning }) =>
      `| ${text(counter)} | +${delta} | ${tellPerSecond(perSecond)} | ${text(meaning)} |`,
  )
  return [
    '',
    `#### ${text(tellPort(port))}`,
    ...findings.flatMap(renderFinding),
    ...(leads.length === 0 ? [] : ['', '| | lead | why |', '|---|---|---|', ...leads]),
    ...(rates.length === 0
      ? []
      : ['', '| counter | | rate | what it counts |', '|---|---|---|---|', ...rates]),
  ]
}

function renderFinding(finding: Finding): string[] {
  const { title, seen, action, cause, evidence, against, advice, playbook, sources } = finding
  const quoted = evidence.map(each =>
    [escapeControls(each.text), tellOrigin(each)].filter(Boolean).join('  # '),
  )
  return [
    '',
    `**${text(title)}**${seen === null ? '' : `: ${text(seen)}`} (${action === 'advise' ? 'advice' : action})`,
    ...block('text', quoted),
    text(cause),
    ...(against.length === 0 ? [] : ['', ...against.map(each => `- but: ${text(each)}`)]),
    '',
    ...advice.map((each, at) => `${at + 1}. ${escapeControls(each)}`),
    ...(playbook === null
      ? []
      : [
          ...(playbook.withheld === null ? [] : ['', `Later, ${text(playbook.withheld)}:`]),
          ...block('sh', [playbook.command]),
          ...playbook.missing.map(({ name, about }) => `${name.toUpperCase()}: ${text(about)}`),
        ]),
    '',
    `Source: ${sources.map(text).join(' · ')}`,
  ]
}

/** A fence longer than any that the lines could hold. */
function block(kind: string, lines: readonly string[]): string[] {
  const ticks = lines.join('\n').match(/`+/g) ?? []
  const fence = '`'.repeat(Math.max(3, ...ticks.map(each => each.length + 1)))
  return ['', `${fence}${kind}`, ...lines, fence, '']
}

function span(value: string): string {
  const ticks = value.match(/`+/g) ?? []
  if (ticks.length === 0) return `\`${escapeControls(value)}\``
  const fence = '`'.repeat(Math.max(...ticks.map(each => each.length)) + 1)
  return `${fence} ${escapeControls(value)} ${fence}`
}

/** Signs of Markdown and HTML stand for themselves. */
const text = (value: string): string =>
  escapeControls(value).replaceAll(/[\\`*_[\]<>|#@~]/g, sign => (sign === '_' ? sign : `\\${sign}`))
