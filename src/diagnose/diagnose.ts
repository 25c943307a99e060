import type { Diagnosis, Finding, Ignored, PortDiagnosis } from '../model/diagnosis.ts'
import { nothingCollected } from './collected.ts'
import type { Collected } from './collected.ts'
import { judgeCase } from './findings.ts'
import type { Judged } from './findings.ts'
import type { Gathered } from './gather.ts'
import { followLeads } from './leads.ts'
import { labelOf, openCases } from './port.ts'
import type { Case } from './port.ts'
import { quoteAll } from '../quote.ts'
import { fullAddress } from './subject.ts'

export type Question = {
  readonly nicfix: string
  /** As it was named; null where only a log was given. */
  readonly host: string | null
  /** Only this port, by its name or its PCI address. */
  readonly nic: string | null
}

const foundSome = 2

/** From everything that was read to a diagnosis. Pure: the same input gives the same answer. */
export function diagnose(
  gathered: Gathered,
  question: Question,
  collected: Collected = nothingCollected,
): Diagnosis {
  const host = nameHost(question.host ?? collected.host ?? gathered.host)
  const [ofHost, ...ports] = openCases(gathered, collected, host)
  const wanted = ports.filter(each => isWanted(each, question.nic))
  const stalls = gathered.groups.filter(({ signature }) => signature.id === 'cpu-stall')
  const whole = judgeCase(ofHost!, null, [])
  const stop = whole.findings.find(({ action }) => action === 'stop') ?? null
  const judged = wanted.map(found => ({ found, ...judgeCase(found, stop, stalls) }))
  const diagnosed = judged.map(each => toPort(each.found, each))
  const findings = [...whole.findings, ...diagnosed.flatMap(each => each.findings)]
  return {
    format: 'nicfix.diagnosis/1',
    nicfix: question.nicfix,
    host,
    kernel: ofHost!.kernel,
    logs: gathered.logs,
    watchedSeconds: ofHost!.watchedSeconds,
    findings: whole.findings,
    notes: whole.notes,
    ports: diagnosed,
    ignored: [...gathered.ignored, ...tellUnwanted(ports.filter(each => !wanted.includes(each)))],
    verdict: tellVerdict(whole.findings, diagnosed),
    next: tellNext(host, diagnosed, ofHost!.watchedSeconds !== null),
    exitCode: findings.length > 0 ? foundSome : 0,
  }
}

/** A name out of a log goes into a command only where it can be nothing but a name. */
function nameHost(name: string | null): string {
  return name !== null && /^[A-Za-z0-9_][\w.@:%-]*$/.test(name) ? name : 'HOST'
}

function isWanted({ device }: Case, nic: string | null): boolean {
  if (nic === null) return true
  return device?.name === nic || device?.pci === fullAddress(nic)
}

function tellUnwanted(others: readonly Case[]): Ignored[] {
  return others.flatMap(({ device, groups }) => {
    const [group] = groups
    if (!group) return []
    const count = groups.reduce(
      (sum, { counts }) => sum + [...counts.values()].reduce((a, b) => a + b, 0),
      0,
    )
    const { line, at } = group.first
    return [
      {
        why: `about ${labelOf(device)}, which was not asked for`,
        count,
        first: line,
        at: at?.text ?? null,
      },
    ]
  })
}

function toPort(found: Case, { findings, notes, few }: Judged): PortDiagnosis {
  const { device, state, rates } = found
  const { ruledOut, open } =
    findings.length > 0 ? followLeads(found, findings) : { ruledOut: [], open: [] }
  const rare = few.map(({ title, count, least }) => ({
    lead: title,
    why: `seen ${count === 1 ? 'once' : `${count} times`}; fewer than ${least} are no pattern`,
  }))
  return {
    id: device?.pci ?? labelOf(device),
    name: device?.name ?? null,
    pci: device?.pci ?? null,
    driver: device?.driver ?? null,
    version: state?.version ?? device?.version ?? null,
    firmware: state?.firmware ?? device?.firmware ?? null,
    link: state ? tellLink(state) : device?.present === false ? 'not there now' : '',
    verdict: tellPortVerdict(findings),
    findings,
    notes,
    ruledOut,
    open: [...open, ...rare],
    rates: rates.filter(({ delta, counter }) => delta > 0 || counter === 'rx_packets'),
  }
}

function tellLink({ up, carrier, speed, duplex }: NonNullable<Case['state']>): string {
  if (!up) return 'down'
  if (carrier === false) return 'up, no link'
  return speed === null ? 'up' : `up ${speed}/${duplex ?? '?'}`
}

function tellPortVerdict(findings: readonly Finding[]): PortDiagnosis['verdict'] {
  if (findings.some(({ action }) => action === 'stop')) return 'stop'
  const [first] = findings
  if (!first) return 'nothing'
  return first.action === 'playbook' ? 'playbook' : 'advise'
}

function tellVerdict(ofHost: readonly Finding[], ports: readonly PortDiagnosis[]): string {
  const host = ofHost[0] ? [`the host: ${ofHost[0].title}`] : []
  const each = ports.flatMap(({ id, name, findings: [first] }) =>
    first ? [`${name ?? id}: ${first.title}`] : [],
  )
  const all = [...host, ...each]
  return all.length > 0 ? all.join(' · ') : 'no trouble that nicfix knows'
}

/** Playbooks that are the next thing to do; then, where counters were not read, how to read them. */
function tellNext(host: string, ports: readonly PortDiagnosis[], isWatched: boolean): string[] {
  const plans = ports.flatMap(({ findings }) =>
    findings.flatMap(({ playbook }) =>
      playbook && playbook.withheld === null ? [playbook.command] : [],
    ),
  )
  const look = (name: string) =>
    quoteAll(['nicfix', 'diagnose', '--host', host, '--nic', name, '--watch', '60s'])
  const troubled = ports.filter(({ findings }) => findings.length > 0)
  const looks = isWatched ? [] : troubled.flatMap(({ name }) => (name === null ? [] : [look(name)]))
  return [...new Set([...plans, ...looks])].slice(0, 8)
}
