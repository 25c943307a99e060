import { isMap, isScalar, isSeq, type Document, type LineCounter, type Node } from 'yaml'
import type { Place } from '../problems.ts'
import type { Path } from './substitute.ts'

/** A playbook's text with what is needed to find places in it. */
export type Source = {
  readonly file: string
  readonly text: string
  readonly document: Document
  readonly lines: LineCounter
}

/** A place for a caret, and the line of text that it points into. */
export type Spot = { readonly place: Place; readonly source: string }

type Entry = { readonly key: Node | null; readonly value: Node | null }

/** Makes a spot from an offset into the text. The width ends with the line. */
export function spotAt(source: Source, offset: number, width: number): Spot {
  // An error at the very end of a text that ends with a newline is on a line that no editor shows.
  const last = source.text.trimEnd().length
  const { line, col } = source.lines.linePos(Math.min(offset, last))
  const from = source.lines.lineStarts[line - 1] ?? 0
  const [whole = ''] = source.text.slice(from, source.lines.lineStarts[line]).split('\n')
  const text = whole.replace(/\r$/, '').replace(/^\uFEFF/, '')
  // The byte order mark counts in offsets but not in columns that people see.
  const column = line === 1 && source.text.startsWith('\uFEFF') ? Math.max(1, col - 1) : col
  const fits = Math.max(1, Math.min(width, text.length - column + 1))
  return { place: { file: source.file, line, column, width: fits }, source: text }
}

/** Finds the value at a path; where it has no text of its own, its key or the nearest parent that has one. */
export function spotOfValue(source: Source, path: Path): Spot {
  const entry = findEntry(source, path)
  if (!entry)
    return path.length > 0 ? spotOfParent(source, path.slice(0, -1)) : spotAt(source, 0, 1)
  const spot = entry.value && spotOfNode(source, entry.value)
  return (
    spot ?? (entry.key && spotOfNode(source, entry.key)) ?? spotOfParent(source, path.slice(0, -1))
  )
}

/** Finds the key at the end of a path, or the nearest existing parent. */
export function spotOfKey(source: Source, path: Path): Spot {
  const key = findEntry(source, path)?.key
  return (key && spotOfNode(source, key)) ?? spotOfValue(source, path)
}

/** Finds the `occurrence`-th `${name}` (from 0) in the text at a path. */
export function spotOfReference(
  source: Source,
  path: Path,
  name: string,
  occurrence: number,
): Spot {
  const wanted = `\${${name}}`
  const range = findEntry(source, path)?.value?.range
  if (!range) return spotOfValue(source, path)
  const before = source.text.slice(range[0], range[1]).split(wanted)
  // Escapes and folded lines may hide it; the value as a whole is then the best place.
  if (before.length < occurrence + 2) return spotOfValue(source, path)
  const skipped = before.slice(0, occurrence + 1).join(wanted).length
  return spotAt(source, range[0] + skipped, wanted.length)
}

// A missing key has no place; the key that should hold it has.
function spotOfParent(source: Source, path: Path): Spot {
  if (path.length === 0) return spotAt(source, source.document.contents?.range?.[0] ?? 0, 1)
  return spotOfKey(source, path)
}

function spotOfNode(source: Source, node: Node): Spot | null {
  if (!node.range || node.range[0] === node.range[1]) return null
  return spotAt(source, node.range[0], isScalar(node) ? node.range[1] - node.range[0] : 1)
}

function findEntry(source: Source, path: Path): Entry | undefined {
  const root: Entry = { key: null, value: source.document.contents }
  return path.reduce<Entry | undefined>(
    (entry, part) => entry && findChild(entry.value, part),
    root,
  )
}

function findChild(node: Node | null, part: string | number): Entry | undefined {
  if (isSeq(node)) {
    const item = node.items[Number(part)]
    return item === undefined ? undefined : { key: null, value: item as Node }
  }
  if (!isMap(node)) return undefined
  // A key such as `1` is a number in YAML and text in plain data.
  const pair = node.items.find(
    each => isScalar(each.key) && String(each.key.value) === String(part),
  )
  return pair && { key: pair.key as Node, value: pair.value as Node | null }
}
