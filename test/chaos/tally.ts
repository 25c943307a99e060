import type { Ended } from './round.ts'
import { isFine } from './round.ts'

export type Tally = {
  readonly rounds: Ended[]
  /** Rounds that could not be played, with why: they count for nothing. */
  readonly spoilt: string[]
}

/** What one round adds to the last line. A row of cuts ends in one judgement. */
export function faultsOf({ lost, verdict }: Ended): readonly ('lost' | 'mixed' | 'false')[] {
  if (lost) return ['lost']
  const mixed = verdict.mixed.length > 0 || verdict.outcome === 'mixed'
  return [
    ...(mixed ? ['mixed' as const] : []),
    ...(verdict.false.length > 0 ? ['false' as const] : []),
  ]
}

const isSure = (round: Ended) => !round.lost && isFine(round.verdict)

function spread(values: readonly number[]): string {
  if (values.length === 0) return '-'
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number) => (sorted[Math.floor((sorted.length - 1) * share)] ?? 0).toFixed(1)
  return `median ${at(0.5)}  p95 ${at(0.95)}  max ${at(1)}  (${sorted.length})`
}

/** The tables for people, and the last line for everybody. */
export function tellTally({ rounds, spoilt }: Tally): string {
  const cuts = rounds.flatMap(round =>
    round.cuts.map((cut, at) => ({ ...cut, round, isLast: at === round.cuts.length - 1 })),
  )
  const rows = Map.groupBy(
    cuts,
    ({ during, point, reached }) => `${during}: ${reached ? point : `${point}, missed`}`,
  )
  const lines = [...rows]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, made]) => {
      const last = made.filter(({ isLast }) => isLast)
      const count = (outcome: string) =>
        String(
          last.filter(({ round }) => round.verdict.outcome === outcome && isSure(round)).length,
        )
      const bad = last.filter(({ round }) => !isSure(round)).length
      const cells = [
        made.length,
        count('old'),
        count('new'),
        count('open'),
        made.length - last.length,
        bad,
      ]
      return `${name.padEnd(46)}${cells.map(cell => String(cell).padStart(8)).join('')}`
    })
  const heads = ['cuts', 'old', 'new', 'closed', 'cut on', 'bad']
  const count = (kind: string) =>
    rounds.filter(round => faultsOf(round).includes(kind as 'lost')).length
  const booted = rounds.filter(({ cuts: made, lost }) => made.length > 0 && !lost)
  const inARow = Math.max(0, ...rounds.map(round => round.cuts.length))
  return [
    `${'cut at'.padEnd(46)}${heads.map(head => head.padStart(8)).join('')}`,
    ...lines,
    '',
    `seconds to SSH      ${spread(booted.map(({ sshSeconds }) => sshSeconds))}`,
    `seconds to rest     ${spread(booted.map(({ restSeconds }) => restSeconds))}`,
    `seconds to rollback ${spread(rounds.flatMap(({ rollbackSeconds }) => rollbackSeconds ?? []))}   without a cut`,
    `in a row            up to ${inARow}`,
    `whole reruns        ${rounds.filter(({ rerun }) => rerun === 'committed').length} committed, ${rounds.filter(({ rerun }) => rerun === 'nothing to do').length} had nothing to do`,
    ...spoilt.map(why => `not played          ${why}`),
    `cuts ${cuts.length} lost ${count('lost')} mixed ${count('mixed')} false ${count('false')}`,
  ].join('\n')
}
