import type { Diagnosis, Evidence, LogRead, PortDiagnosis, Rate } from '../model/diagnosis.ts'
import { groupOf } from './counters.ts'

/** "eno1  e1000e 3.2.6-k · firmware 0.13-4 · 0000:00:1f.6 · up 1000/full" */
export function tellPort(port: PortDiagnosis): string {
  const { name, pci, driver, version, firmware, link } = port
  const parts = [
    [driver, version].filter(Boolean).join(' '),
    firmware === null || firmware === '' ? '' : `firmware ${firmware}`,
    name === null ? '' : (pci ?? ''),
    link,
  ]
  return [name ?? port.id, parts.filter(Boolean).join(' · ')].filter(Boolean).join('  ')
}

export function tellLog(log: LogRead): string {
  const span = log.from === null ? '' : `, ${log.from}${log.to === log.from ? '' : ` to ${log.to}`}`
  const boots = log.boots > 1 ? `, ${log.boots} boots` : ''
  const odd = log.oddities.map(each => `; ${each}`).join('')
  const what = log.format === 'none' ? 'nothing that nicfix looks for' : log.format
  return `${log.name}: ${log.lines} lines, ${what}${span}${boots}${odd}`
}

/** How often, and from where, beside a line of evidence. */
export function tellOrigin({ kind, count, source }: Evidence): string {
  if (kind === 'log') return count > 1 ? `${count} times, the last` : ''
  return source
}

const isTelling = ({ delta, counter }: Rate): boolean => delta > 0 && groupOf(counter) !== null

const isTraffic = ({ counter }: Rate): boolean =>
  counter === 'rx_packets' || counter === 'tx_packets'

/** What moved and is a sign of something; and the frames themselves, to compare with. */
export function chooseRates(rates: readonly Rate[]): Rate[] {
  return [...rates.filter(isTraffic), ...rates.filter(isTelling)].slice(0, 12)
}

export const isQuiet = ({ findings, notes, open }: PortDiagnosis): boolean =>
  findings.length + notes.length + open.length === 0

export const countFindings = ({ findings, ports }: Diagnosis): number =>
  findings.length + ports.reduce((sum, port) => sum + port.findings.length, 0)
