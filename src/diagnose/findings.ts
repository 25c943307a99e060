import type { Evidence, Finding, Rate } from '../model/diagnosis.ts'
import { stages } from '../model/diagnosis.ts'
import { groupOf } from './counters.ts'
import type { Group } from './gather.ts'
import { chooseOffer, fill } from './offer.ts'
import { countOf, spanOf } from './port.ts'
import type { Case } from './port.ts'
import { signatures } from './signatures/index.ts'
import type { Signature, Symptom } from './signatures/signature.ts'
import { tellState } from './states.ts'

type Sign = {
  readonly signature: Signature
  readonly groups: readonly Group[]
  readonly evidence: readonly Evidence[]
  /** Fewer lines than it takes. */
  readonly few: boolean
  readonly explained: Signature | null
}

export type Judged = {
  readonly findings: readonly Finding[]
  readonly notes: readonly Finding[]
  /** Seen, though not often enough. */
  readonly few: readonly {
    readonly title: string
    readonly count: number
    readonly least: number
  }[]
}

/**
 * Makes findings of a case, in the decision order. Only the first of a port may name a playbook as the next thing to do;
 * those after it are told what comes before them.
 * @param stop a finding of the host that keeps every playbook back.
 */
export function judgeCase(found: Case, stop: Finding | null, stalls: readonly Group[]): Judged {
  const all = signatures
    .map(signature => findSigns(signature, found))
    .filter(each => each.evidence.length > 0)
  const enough = explain(all.filter(each => !each.few))
  const told = enough
    .filter(({ signature, explained }) => signature.weight !== 'note' || explained === null)
    .toSorted((one, other) => rank(one) - rank(other))
    .map(sign => ({ sign, finding: tell(sign, found) }))
  const isNote = ({ sign }: (typeof told)[number]) =>
    sign.explained !== null || sign.signature.weight === 'note'
  const findings = told.filter(each => !isNote(each))
  const first = findings[0]?.finding ?? null
  return {
    findings: findings.map(({ sign, finding }) => {
      const before = finding === first ? null : first
      const stall = nearStall(sign.groups, stalls)
      return withhold(
        { ...finding, against: [...finding.against, ...stall.against] },
        stop,
        before,
        stall.all,
      )
    }),
    notes: told
      .filter(isNote)
      .map(({ finding }) => ({ ...finding, action: 'note', playbook: null })),
    few: all.filter(each => each.few).map(tellFew),
  }
}

const rank = ({ signature }: Sign): number => stages.indexOf(signature.stage)

function findSigns(signature: Signature, found: Case): Sign {
  const { device, groups: known } = found
  const isForHost = signature.symptoms.some(each => isOfHost(each))
  const fits = device === null ? isForHost : !isForHost && isForDriver(signature, device.driver)
  if (!fits) return { signature, groups: [], evidence: [], few: false, explained: null }
  const groups = known.filter(group => group.signature === signature)
  const logged = groups.flatMap(tellGroup)
  const others = signature.symptoms.flatMap(symptom => tellSymptom(symptom, found))
  const least = groups[0]?.symptom.least ?? 1
  const few = others.length === 0 && logged.length > 0 && sum(groups) < least
  return { signature, groups, evidence: [...logged, ...others], few, explained: null }
}

const isForDriver = ({ drivers }: Signature, driver: string | null): boolean =>
  !drivers || (driver !== null && drivers.includes(driver))

const hostGroups = new Set(['backlog-drop', 'time-squeeze', 'udp-buffer'])

function isOfHost(symptom: Symptom): boolean {
  if (symptom.kind === 'log') return (symptom.about ?? 'port') !== 'port'
  return symptom.kind === 'counter' && hostGroups.has(symptom.group)
}

const sum = (groups: readonly Group[]): number =>
  groups.reduce((all, each) => all + countOf(each), 0)

const tellOne = ({ at, line, source }: Group['first'], count: number): Evidence => ({
  kind: 'log',
  at: at?.text ?? null,
  text: line,
  source,
  count,
})

function tellGroup(group: Group): Evidence[] {
  const count = countOf(group)
  return count === 1 || group.first.line === group.last.line
    ? [tellOne(group.first, count)]
    : [tellOne(group.first, 1), tellOne(group.last, count - 1)]
}

function tellSymptom(symptom: Symptom, found: Case): Evidence[] {
  const { state, collected, rates, watchedSeconds } = found
  if (symptom.kind === 'log') return []
  if (symptom.kind === 'state') {
    const told = state && tellState(symptom.state, state, collected.readings)
    return told ? [{ kind: 'state', at: null, count: 1, ...told }] : []
  }
  const { least = 1, perSecond = 0 } = symptom
  return rates
    .filter(({ counter }) => groupOf(counter) === symptom.group)
    .filter(rate => rate.delta >= least && rate.perSecond >= perSecond)
    .slice(0, 6)
    .map(rate => ({
      kind: 'counter',
      at: null,
      text: `${rate.counter} +${rate.delta} in ${Math.round(watchedSeconds ?? 0)} s (${tellRate(rate)})`,
      source: 'counters read twice',
      count: rate.delta,
    }))
}

const tellRate = ({ perSecond, reset }: Rate): string =>
  `${perSecond < 10 ? perSecond.toFixed(2) : Math.round(perSecond)}/s${reset ? ', reset meanwhile' : ''}`

/** Takes out what needs company and has none, and marks what others explain. */
function explain(signs: readonly Sign[]): Sign[] {
  const ids = (of: readonly Sign[]) =>
    new Set(of.filter(each => each.explained === null).map(({ signature }) => signature.id))
  const mark = (of: readonly Sign[], by: readonly Sign[]): Sign[] =>
    of.map(sign => {
      const causes = sign.signature.explainedBy ?? []
      const explainer = by.find(each => each !== sign && causes.includes(each.signature.id))
      // A reset takes the link down once, not ever so often.
      const isMore =
        explainer && explainer.groups.length > 0 && sum(sign.groups) > 2 * sum(explainer.groups) + 2
      return explainer && !isMore ? { ...sign, explained: explainer.signature } : sign
    })
  const alone = signs.filter(({ signature }) => !signature.with)
  const first = mark(alone, alone)
  const present = ids(first)
  const derived = signs.filter(({ signature }) => signature.with?.every(id => present.has(id)))
  return [...mark(first, derived), ...derived]
}

function tell({ signature, groups, evidence, explained }: Sign, found: Case): Finding {
  const { id, stage, weight, title, cause, advice, sources } = signature
  const { offer, against } = chooseOffer(signature, found)
  const comes = explained ? [`comes with: ${explained.title}`] : []
  return {
    signature: id,
    stage,
    action: weight === 'stop' ? 'stop' : offer ? 'playbook' : weight === 'note' ? 'note' : 'advise',
    title,
    seen: tellSeen(groups),
    cause,
    evidence,
    against: [...comes, ...against],
    advice: advice.map(each => fill(each, found)),
    playbook: offer,
    sources,
  }
}

function tellSeen(groups: readonly Group[]): string | null {
  const count = sum(groups)
  if (count < 2) return null
  const spans = groups.flatMap(each => spanOf(each) ?? [])
  return spans.length === 0 ? `${count} times` : `${count} times in ${tellSpan(Math.max(...spans))}`
}

/** "21 s", "4 min", "3 h", "12 days". */
export function tellSpan(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`
  return `${Math.round(seconds / 86_400)} days`
}

function tellFew({ signature: { title }, groups }: Sign) {
  return { title, count: sum(groups), least: groups[0]?.symptom.least ?? 1 }
}

const stallSeconds = 120

/** Timeouts within two minutes of a processor that stood still are a consequence of that. */
function nearStall(
  groups: readonly Group[],
  stalls: readonly Group[],
): { readonly against: string[]; readonly all: boolean } {
  const times = groups
    .filter(({ signature }) => signature.stage === 'timeout' || signature.stage === 'hang')
    .flatMap(({ seconds }) => seconds)
  const others = stalls.flatMap(({ seconds }) => seconds)
  const near = times.filter(({ clock, at }) =>
    others.some(each => each.clock === clock && Math.abs(each.at - at) <= stallSeconds),
  )
  if (near.length === 0) return { against: [], all: false }
  const share = `${near.length} of ${times.length}`
  return {
    against: [`${share} came within two minutes of a processor that stood still`],
    all: near.length === times.length,
  }
}

function withhold(
  finding: Finding,
  stop: Finding | null,
  before: Finding | null,
  isStall: boolean,
): Finding {
  const { playbook } = finding
  if (!playbook) return finding
  const why =
    (stop && `not before the host is sound: ${stop.title}`) ??
    (isStall ? 'not before it is known what the processors stood still for' : null) ??
    (before && `not before this: ${before.title}`) ??
    playbook.withheld
  return why === null
    ? finding
    : { ...finding, action: 'advise', playbook: { ...playbook, withheld: why } }
}
