import { createHash } from 'node:crypto'
import { pick, pickWeighted, seeded } from '../chaos/random.ts'
import { deep, numbers, odd } from './dirt.ts'

type Random = () => number

/** What the inputs of one reader are made of. */
export type Ingredients = {
  /** Whole texts that the reader takes, or nearly. */
  readonly samples: readonly Buffer[]
  /** Words that mean something to it. */
  readonly words: readonly string[]
  /** Bytes that an input has at the most. */
  readonly largest: number
}

/** Which input of all: the same three always make the same bytes. */
export type Draw = { readonly seed: number; readonly target: string; readonly at: number }

/** Makes one input. The first ones are the samples as they are: a reader that refuses those is tested for nothing. */
export function makeInput({ seed, target, at }: Draw, from: Ingredients): Buffer {
  const { samples, largest } = from
  const whole = samples[at]
  if (whole) return whole
  const random = seeded(numberOf(`${seed} ${target} ${at}`))
  let text = pick(random, samples).toString('latin1')
  for (let left = 1 + Math.floor(random() ** 2 * 8); left > 0; left -= 1) {
    const mutate = mutations[pickWeighted(random, weights)]
    text = mutate(text, random, from).slice(0, largest)
  }
  return Buffer.from(text, 'latin1')
}

function numberOf(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE(0)
}

// Every byte is one character here: what is no UTF-8 is carried like anything else.
type Mutation = (text: string, random: Random, from: Ingredients) => string

const bytesOf = (text: string) => Buffer.from(text).toString('latin1')
const put = (text: string, at: number, piece: string) => text.slice(0, at) + piece + text.slice(at)
const place = (text: string, random: Random) => Math.floor(random() * (text.length + 1))

/** Most pieces are short, some are most of the text. */
function span(text: string, random: Random): { from: number; to: number } {
  const from = place(text, random)
  return { from, to: from + Math.floor(random() ** 4 * (text.length - from)) + 1 }
}

/** From one to `most`, each order of magnitude as likely as the others. */
const anySize = (most: number, random: Random) => Math.floor(most ** random())

function replaceOne(
  text: string,
  random: Random,
  pattern: RegExp,
  by: (found: string) => string,
): string {
  // From a place on: to find them all would take longer than to read the text.
  const start = place(text, random)
  pattern.lastIndex = start
  const match = pattern.exec(text)
  if (!match) return text
  return text.slice(0, match.index) + by(match[0]) + text.slice(match.index + match[0].length)
}

function someWord(random: Random, { samples, words }: Ingredients): string {
  if (random() < 0.6) return bytesOf(pick(random, words))
  const other = pick(random, samples).toString('latin1')
  const near = other.slice(place(other, random)).slice(0, 200)
  return /[\w.:@$/-]+/.exec(near)?.[0] ?? ''
}

function changeLines(text: string, random: Random, change: (lines: string[], at: number) => void) {
  const lines = text.split('\n')
  change(lines, Math.floor(random() * lines.length))
  return lines.join('\n')
}

const mutations = {
  flip(text, random) {
    const at = place(text, random)
    return text.slice(0, at) + String.fromCharCode(Math.floor(random() * 256)) + text.slice(at + 1)
  },
  cut(text, random) {
    const { from, to } = span(text, random)
    return text.slice(0, from) + text.slice(to)
  },
  end: (text, random) => text.slice(0, place(text, random)),
  double(text, random) {
    const { from, to } = span(text, random)
    return put(text, to, text.slice(from, to))
  },
  swap(text, random) {
    const size = Math.floor(random() * 40)
    const [one, other] = [place(text, random), place(text, random)]
    const a = Math.min(one, other)
    const b = Math.max(one, other, a + size)
    const middle = text.slice(a + size, b)
    return (
      text.slice(0, a) +
      text.slice(b, b + size) +
      middle +
      text.slice(a, a + size) +
      text.slice(b + size)
    )
  },
  splice(text, random, { samples }) {
    const other = pick(random, samples).toString('latin1')
    const { from, to } = span(other, random)
    return put(text, place(text, random), other.slice(from, to))
  },
  cross(text, random, { samples }) {
    const other = pick(random, samples).toString('latin1')
    return text.slice(0, place(text, random)) + other.slice(place(other, random))
  },
  word: (text, random, from) =>
    replaceOne(text, random, /[\w.:@$/-]+/g, () => someWord(random, from)),
  insert: (text, random, from) => put(text, place(text, random), someWord(random, from)),
  number: (text, random) =>
    replaceOne(text, random, /-?\d+(?:\.\d+)?/g, () => pick(random, numbers)),
  dropLine: (text, random) => changeLines(text, random, (lines, at) => lines.splice(at, 1)),
  doubleLine: (text, random) =>
    changeLines(text, random, (lines, at) => lines.splice(at, 0, lines[at] ?? '')),
  moveLine: (text, random) =>
    changeLines(text, random, (lines, at) => {
      const [line = ''] = lines.splice(at, 1)
      lines.splice(Math.floor(random() * (lines.length + 1)), 0, line)
    }),
  odd: (text, random) => put(text, place(text, random), bytesOf(pick(random, odd))),
  noText: (text, random) =>
    put(text, place(text, random), pick(random, ['\xff\xfe', '\xc3', '\xed\xa0\x80', '\xf8\x88'])),
  /** One piece many times over: what takes a time that grows with the square of something shows itself here. */
  stretch(text, random, from) {
    const { largest } = from
    const at = place(text, random)
    const own = text.slice(at, at + anySize(80, random))
    const piece = pick(random, [own, own.slice(0, 1), ' ', '\n', ' \t', someWord(random, from)])
    const count = anySize(largest, random) / Math.max(1, piece.length)
    return put(text, at, piece.repeat(count))
  },
  stretchLine(text, random, { largest }) {
    return changeLines(text, random, (lines, at) => {
      const line = lines[at] ?? ''
      const count = Math.floor(anySize(largest, random) / (line.length + 1))
      // Numbered, so that no two are alike.
      const more = Array.from({ length: count }, (_, nth) =>
        line.replace(/\d+|\w(?=\W|$)/, `${nth}`),
      )
      for (let nth = 0; nth < more.length; nth += 1000)
        lines.splice(at + nth, 0, ...more.slice(nth, nth + 1000))
    })
  },
  nest(text, random, { largest }) {
    const { open, close, inside } = pick(random, deep)
    const depth = Math.floor(anySize(largest, random) / open.length)
    const closed = random() < 0.5 ? close.repeat(depth) : ''
    return put(text, place(text, random), open.repeat(depth) + inside + closed)
  },
} as const satisfies Record<string, Mutation>

const weights: Readonly<Record<keyof typeof mutations, number>> = {
  flip: 6,
  cut: 5,
  end: 1,
  double: 4,
  swap: 4,
  splice: 4,
  cross: 2,
  word: 14,
  insert: 5,
  number: 6,
  dropLine: 5,
  doubleLine: 4,
  moveLine: 3,
  odd: 4,
  noText: 1,
  stretch: 2,
  stretchLine: 1,
  nest: 1,
}
