import type { Rest } from './rest.ts'
import { isFull } from './share.ts'

/** What was tried in a scenario, and what came of it. */
export class Tally {
  readonly name: string
  readonly points: number
  readonly tried: number
  /** How the hosts came to rest, and how often so. */
  readonly ends = new Map<string, number>()
  /** What only a controller could end. */
  readonly closed = new Map<string, number>()
  littered = 0
  readonly faults: string[] = []

  constructor(name: string, points: number, tried: number) {
    this.name = name
    this.points = points
    this.tried = tried
  }

  /** @param what was done to the host, for people */
  add(what: string, rest: Rest, faults: readonly string[]): void {
    count(this.ends, rest.state)
    if (rest.openBefore !== null) count(this.closed, rest.openBefore)
    if (rest.litter.length > 0) this.littered += 1
    if (faults.length > 0) this.faults.push([what, ...faults].join('\n    '))
  }

  /** For the message of an assertion: whoever reads that something was left wrong has to see what. */
  inFull(): string {
    return `${this.faults.length} wrong\n${this.faults.join('\n')}`
  }
}

function count(of: Map<string, number>, what: string): void {
  of.set(what, (of.get(what) ?? 0) + 1)
}

const list = (of: Map<string, number>) =>
  [...of].map(([what, times]) => `${what} ${times}`).join(', ')

/** A line a scenario. A full run takes hours: there each line is printed as soon as there is one. */
export class Table {
  readonly #title: string
  readonly #unit: string
  readonly #tallies: Tally[] = []

  /** @param unit what was tried, in the plural */
  constructor(title: string, unit: string) {
    this.#title = title
    this.#unit = unit
  }

  add(tally: Tally): void {
    this.#tallies.push(tally)
    if (isFull) console.log(this.#line(tally, 0))
  }

  print(): void {
    const width = Math.max(...this.#tallies.map(({ name }) => name.length))
    const lines = this.#tallies.map(tally => this.#line(tally, width))
    console.log([this.#title, ...lines].join('\n'))
  }

  #line(tally: Tally, width: number): string {
    return [
      tally.name.padEnd(width),
      `${tally.points} points`.padStart(12),
      `${tally.tried} ${this.#unit}`.padStart(12),
      `  ${list(tally.ends)}`,
      tally.closed.size > 0 ? `; closed by a controller: ${list(tally.closed)}` : '',
      tally.littered > 0 ? `; litter swept: ${tally.littered}` : '',
      tally.faults.length > 0 ? `; WRONG: ${tally.faults.length}` : '',
    ].join('')
  }
}
