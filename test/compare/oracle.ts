import type { Claim } from './contender.ts'
import type { View } from './look.ts'
import type { Driver } from './modules.ts'

export type State = {
  readonly name: 'old' | 'new' | 'mixed'
  /** Why it is neither as it was nor as it was to become. */
  readonly why: readonly string[]
}

/** What a host is to be compared with: before, and where the same contender got to without a fault. */
export type Known = { readonly old: View; readonly new: View }

/**
 * Old: files, driver in the kernel and network as they were. New: all three as this contender leaves them when nothing
 * goes wrong. Mixed: anything else, such as a new module with an old index, or a new driver without a link.
 */
export function judge(driver: Driver, known: Known, now: View): State {
  const old = differences(driver, known.old, now)
  const fresh = differences(driver, known.new, now)
  if (old.length === 0) return { name: 'old', why: [] }
  if (fresh.length === 0) return { name: 'new', why: [] }
  return { name: 'mixed', why: summarise(driver, known, now) }
}

function differences(driver: Driver, from: View, now: View): string[] {
  const loaded = from.loaded[driver] === now.loaded[driver] ? [] : ['loaded']
  return [...loaded, ...changed(from.files, now.files), ...missing(from.network, now.network)]
}

const missing = (wanted: readonly string[], there: readonly string[]): string[] => {
  const now = new Set(there)
  return wanted.filter(line => !now.has(line))
}

const changed = (from: readonly string[], now: readonly string[]): string[] => [
  ...missing(from, now),
  ...missing(now, from),
]

/** In a few words: which part is as it was, and which is not. */
function summarise(driver: Driver, { old, new: fresh }: Known, now: View): string[] {
  const paths = [...new Set(changed(old.files, fresh.files).map(pathOf))]
  const files = paths.map(path => `${short(path)} ${compare(path, old, fresh, now)}`)
  const others = [...new Set(changed(old.files, now.files).map(pathOf))].filter(
    path => !paths.includes(path),
  )
  const loaded = now.loaded[driver]
  const runs =
    loaded === old.loaded[driver]
      ? 'old driver runs'
      : loaded === fresh.loaded[driver]
        ? 'new driver runs'
        : loaded
          ? 'another driver runs'
          : 'no driver runs'
  const like = loaded === fresh.loaded[driver] ? fresh : old
  const lacks = missing(like.network, now.network)
  return [
    runs,
    ...group(files),
    ...others.map(path => `${short(path)} is strange`),
    ...(lacks.length > 0 ? [`network lacks: ${lacks.slice(0, 2).join('; ')}`] : []),
  ]
}

function compare(path: string, old: View, fresh: View, now: View): string {
  const of = (from: View) => from.files.filter(line => pathOf(line) === path).join('\n')
  const [was, is, wanted] = [of(old), of(now), of(fresh)]
  if (is === was) return was === '' ? 'absent' : 'old'
  if (is === wanted) return wanted === '' ? 'gone' : 'new'
  if (is === '') return 'gone'
  return is.includes(emptySum) ? 'EMPTY' : 'TORN'
}

const emptySum = 'd41d8cd98f00b204e9800998ecf8427e'

const pathOf = (line: string): string => /(\/\S*)/.exec(line)?.[1] ?? line

const short = (path: string): string =>
  path.includes('/modules.') ? 'index' : (path.split('/').at(-1) ?? path)

/** The many files of the index are told as one where they agree. */
const group = (words: readonly string[]): string[] => [...new Set(words)]

export type Faulty = 'lost' | 'mixed' | 'false' | 'not kept'

/** How a case counts. What cannot be reached is lost, whatever its files are; a claim may be false beside that. */
export function count(claim: Claim, end: State | null, later: State | null): Faulty[] {
  const wanted = claim === 'done' ? 'new' : claim === 'as before' ? 'old' : null
  const isFalse = wanted !== null && end?.name !== wanted
  const isKept = claim !== 'done' || isFalse || later?.name === 'new'
  return [
    ...(end ? [] : (['lost'] as const)),
    ...(end?.name === 'mixed' ? (['mixed'] as const) : []),
    ...(isFalse ? (['false'] as const) : []),
    ...(isKept ? [] : (['not kept'] as const)),
  ]
}
