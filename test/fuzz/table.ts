import type { Watched } from './watch.ts'

const columns = [
  'target',
  'inputs',
  'per second',
  'slowest ms',
  'at',
  'peak MB',
  'accepted',
  'refused',
  'crashes',
] as const

/** One line for each target; words to the left, numbers to the right. */
export function tellTable(watched: readonly Watched[]): string {
  const rows = [columns.map(String), ...watched.map(rowOf)]
  const widths = columns.map((_, at) => Math.max(...rows.map(row => row[at]?.length ?? 0)))
  return rows
    .map(row =>
      row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!))),
    )
    .map(row => row.join('  '))
    .join('\n')
}

function rowOf({ target, inputs, progress }: Watched): string[] {
  const { accepted, refused, crashes, slowestMs, slowestAt, peakMb, ms } = progress
  const rate = inputs / Math.max(ms / 1000, 0.001)
  return [
    target,
    inputs,
    Math.round(rate),
    slowestMs,
    slowestAt,
    peakMb,
    accepted,
    refused,
    crashes,
  ].map(String)
}

/** What it comes to: "fuzz inputs N crashes C hangs H over-memory M". */
export function tellSum(watched: readonly Watched[]): { line: string; isGood: boolean } {
  const sum = (pick: (each: Watched) => number) =>
    watched.reduce((all, each) => all + pick(each), 0)
  const counts = [
    // A child that died without a word told of no crash itself.
    sum(({ progress, faults }) =>
      Math.max(progress.crashes, faults.filter(({ kind }) => kind === 'crash').length),
    ),
    sum(({ hangs }) => hangs),
    sum(({ overMemory }) => overMemory),
  ]
  const [crashes, hangs, overMemory] = counts
  const inputs = sum(each => each.inputs)
  return {
    line: `fuzz inputs ${inputs} crashes ${crashes} hangs ${hangs} over-memory ${overMemory}`,
    isGood: counts.every(count => count === 0),
  }
}
