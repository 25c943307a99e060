import type { Fault } from './faults.ts'
import type { Faulty } from './oracle.ts'
import type { Case } from './play.ts'

export const faultyNames: readonly Faulty[] = ['lost', 'mixed', 'false', 'not kept']

const secondsOf = (value: number | null): string => (value === null ? '-' : value.toFixed(0))

/** One line a case: what happened, what was said, what is so. */
export function tellCase(each: Case, fault: Fault): string {
  const { contender, driver, said, faulty, end, later, reached, secondsDown, litter } = each
  const name = end?.name ?? 'LOST'
  const verdict = faulty.length > 0 ? faulty.join(', ').toUpperCase() : `${name}, clean`
  const notes = [
    ...(reached ? [] : ['the moment did not come']),
    ...(end?.why ?? []),
    ...(end ? [] : [tellAfterPower(later)]),
    ...(faulty.includes('not kept') ? [`after a boot: ${later?.name ?? 'lost'}`] : []),
    ...(later?.name === 'mixed' ? later.why.map(why => `after a boot: ${why}`) : []),
    ...(litter.length > 0 ? [`${litter.length} files left lying about`] : []),
  ]
  return [
    `${driver.padEnd(6)} ${fault.about.padEnd(44)}`,
    `${contender.padEnd(12)} ${verdict.padEnd(20)}`,
    `says "${said.claim}" (${said.how})`.padEnd(46),
    `ssh gone ${secondsOf(secondsDown).padStart(3)} s`,
    notes.length > 0 ? ` ${notes.join('; ')}` : '',
  ].join(' ')
}

const tellAfterPower = (later: Case['later']): string =>
  later ? `answers again after a power cycle: ${later.name}` : 'lost after a power cycle too'

/** One row a fault, one column a contender, in two words each. */
export function tellTable(cases: readonly Case[], all: readonly Fault[]): string {
  const contenders = [...new Set(cases.map(({ contender }) => contender))]
  const rows = all.flatMap(fault =>
    fault.drivers.flatMap(driver => {
      const found = cases.filter(each => each.fault === fault.name && each.driver === driver)
      if (found.length === 0) return []
      const cells = contenders.map(name => cellOf(found.find(each => each.contender === name)))
      return [`${driver.padEnd(6)} ${fault.about.padEnd(44)} ${cells.join('')}`]
    }),
  )
  const heads = contenders.map(name => name.padEnd(22)).join('')
  return [`${''.padEnd(51)} ${heads}`, ...rows].join('\n')
}

function cellOf(found: Case | undefined): string {
  if (!found) return '-'.padEnd(22)
  const { faulty, end, secondsDown } = found
  const words = faulty.length > 0 ? faulty.join('+').toUpperCase() : (end?.name ?? '')
  return `${words} ${secondsDown === null ? '' : `${secondsOf(secondsDown)} s`}`.padEnd(22)
}

/** How often each contender was at fault. */
export function tellSums(cases: readonly Case[]): string {
  const rows = [...Map.groupBy(cases, ({ contender }) => contender)].map(([name, own]) => {
    const cells = faultyNames.map(kind => String(countOf(own, kind)).padStart(10))
    const stay = own.filter(({ end, later }) => !end && !later).length
    return `${name.padEnd(14)}${String(own.length).padStart(6)}${cells.join('')}${String(stay).padStart(24)}`
  })
  const heads = faultyNames.map(kind => kind.padStart(10)).join('')
  return [`${''.padEnd(14)} cases${heads}  lost after a power cycle`, ...rows].join('\n')
}

const countOf = (cases: readonly Case[], kind: Faulty): number =>
  cases.filter(({ faulty }) => faulty.includes(kind)).length

/** For everybody who reads only one line. */
export function tellLast(cases: readonly Case[]): string {
  const parts = [...Map.groupBy(cases, ({ contender }) => contender)].map(
    ([name, own]) =>
      `${name} lost ${countOf(own, 'lost')} mixed ${countOf(own, 'mixed')} false ${countOf(own, 'false')}`,
  )
  return parts.join(' | ')
}
