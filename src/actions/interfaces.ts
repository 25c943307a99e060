/** The edited file, or why it is better left alone. */
export type Edited = { readonly text: string } | { readonly refused: string }

/** A line as ifupdown reads it: backslashes at the end join it with the next ones. `from` up to, not with, `to`. */
type Line = { readonly from: number; readonly to: number; readonly words: readonly string[] }

type Stanza = { readonly nic: string; readonly header: Line; readonly options: readonly Line[] }

/**
 * Puts one option line inside the existing `iface` stanza of a NIC in ifupdown's interfaces file, after the stanza's
 * other options; where a NIC has several, in the first. An older line with the same `# nicfix:…` marker gives its
 * place to the new one. All other bytes stay.
 *
 * Never a second stanza: Proxmox VE replaces the options of the first by those of the second when it writes the file.
 * Where ifupdown and ifupdown2 would read the result differently, the edit is refused.
 *
 * Facts: what ends a stanza and joins lines is in ifupdown's config.c and ifupdown2's networkinterfaces.py.
 */
export function addToStanza(text: string, nic: string, line: string): Edited {
  const unfit = judgeLine(line)
  if (unfit) return { refused: unfit }
  const pieces = splitLines(text)
  const lines = joinLines(pieces)
  const mine = listStanzas(lines).filter(each => each.nic === nic)
  const stanza = mine[0]
  if (!stanza) return { refused: tellAbsent(lines, nic) }
  const older = listOurs(pieces, mine, line)
  const edited =
    older.length === 0 ? insertAfter(pieces, stanza, line) : replace(pieces, older, line)
  if ('refused' in edited || isReadAlike(text, edited.text, nic, line)) return edited
  return {
    refused: `a backslash in the file has ifupdown and ifupdown2 read the stanza of ${nic} differently`,
  }
}

/** The new line in the place of the first of the older ones; the others go. */
function replace(pieces: readonly string[], older: readonly Line[], line: string): Edited {
  const [first, ...others] = older as [Line, ...Line[]]
  if (others.length === 0 && readLine(pieces, first) === line) return { text: pieces.join('') }
  const replaced = pieces.with(first.from, reshape(pieces, first, line))
  const rest: Line = { ...first, from: first.from + 1 }
  return { text: dropLines(replaced, [rest, ...others]) }
}

/** Does each of the two tools find the line in the first stanza of the NIC, once, and all else as it was? */
function isReadAlike(before: string, after: string, nic: string, line: string): boolean {
  return [joinLines, joinLikeIfupdown2].every(join => {
    const was = withoutOurs(listStanzas(join(splitLines(before))), nic, line)
    const is = withoutOurs(listStanzas(join(splitLines(after))), nic, line)
    const first = is.stanzas.findIndex(each => each.nic === nic)
    return is.ours.length === 1 && is.ours[0] === first && was.sketch === is.sketch
  })
}

/** All stanzas in words, but for lines of ours in those of the NIC; and in which stanzas these are. */
function withoutOurs(stanzas: readonly Stanza[], nic: string, line: string) {
  const marker = markerOf(line)
  const same = line.split(space).join(' ')
  const isOurs = (written: string) =>
    written === same || (marker !== undefined && markerOf(written) === marker)
  const ours: number[] = []
  const rest = stanzas.map((each, at) => {
    const options = each.options.map(({ words }) => words.join(' '))
    const others = options.filter(option => each.nic !== nic || !isOurs(option))
    ours.push(...Array<number>(options.length - others.length).fill(at))
    return [each.header.words, others]
  })
  return { stanzas, ours, sketch: JSON.stringify(rest) }
}

/** Takes out what `addToStanza` put in: of the NIC's stanzas, the lines with the marker of `line`, or equal to it. */
export function removeFromStanza(text: string, nic: string, line: string): string {
  const pieces = splitLines(text)
  const mine = listStanzas(joinLines(pieces)).filter(each => each.nic === nic)
  return dropLines(pieces, listOurs(pieces, mine, line))
}

/** Tells whether a stanza of the NIC has exactly this line, whatever its indentation. */
export function hasLine(text: string, nic: string, line: string): boolean {
  const pieces = splitLines(text)
  return listStanzas(joinLines(pieces)).some(
    each => each.nic === nic && each.options.some(option => readLine(pieces, option) === line),
  )
}

function judgeLine(line: string): string | null {
  // ifupdown2 takes every backslash of the file for the end of a line.
  if (/[\n\r\\]/.test(line)) return 'an option is one line without a backslash'
  return line !== trim(line) || !/^\w\S*\s+\S/.test(line)
    ? 'an option is a word and its value'
    : null
}

// C's isspace(): JavaScript's own idea of white space has more in it, the byte order mark for one.
const space = /[ \t\n\v\f\r]+/

function trim(text: string): string {
  const begin = /^[ \t\n\v\f\r]*/.exec(text)?.[0].length ?? 0
  // From the end by hand: a pattern looks again at each blank of a long gap.
  let end = text.length
  while (end > begin && space.test(text.charAt(end - 1))) end -= 1
  return text.slice(begin, end)
}

function splitLines(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? []
}

function joinLines(pieces: readonly string[]): Line[] {
  const lines: Line[] = []
  for (let from = 0; from < pieces.length; from = lines.at(-1)?.to ?? pieces.length) {
    let to = from + 1
    // A comment ends with its line, backslash or not.
    const isComment = trim(pieces[from] ?? '').startsWith('#')
    const ends = (piece?: string) => isComment || !piece?.endsWith('\\\n')
    while (to < pieces.length && !ends(pieces[to - 1])) to++
    const joined = pieces.slice(from, to).join('').replaceAll('\\\n', '')
    lines.push({ from, to, words: isComment ? [] : joined.split(space).filter(Boolean) })
  }
  return lines
}

/**
 * Lines as ifupdown2 reads and numbers them: each backslash of the file, in a comment too, goes together with the white
 * space on both sides of it, line ends included (networkinterfaces.py, process_interfaces).
 */
function joinLikeIfupdown2(pieces: readonly string[]): Line[] {
  const parts = pieces.join('').split('\\')
  const last = parts.length - 1
  const text = parts
    .map((part, at) => (at > 0 ? part.trimStart() : part))
    .map((part, at) => (at < last ? part.trimEnd() : part))
    .join(' ')
  return splitLines(text).map((line, at) => {
    const words = line.split(space).filter(Boolean)
    return { from: at, to: at + 1, words: words[0]?.startsWith('#') ? [] : words }
  })
}

// Those of ifupdown and of ifupdown2 together: a line is put before whatever one of them takes for an end.
const keywords =
  /^(iface|mapping|auto|allow-.+|source|source-dir.*|no-auto-down|no-scripts|rename|template|vlan)$/

function listStanzas(lines: readonly Line[]): Stanza[] {
  const stanzas: { nic: string; header: Line; options: Line[] }[] = []
  let open: Line[] = []
  for (const line of lines) {
    const [word, nic = ''] = line.words
    if (word === undefined) continue
    if (!keywords.test(word)) {
      open.push(line)
      continue
    }
    open = []
    if (word === 'iface') stanzas.push({ nic, header: line, options: open })
  }
  return stanzas
}

function readLine(pieces: readonly string[], line: Line): string {
  return trim(pieces.slice(line.from, line.to).join(''))
}

function markerOf(line: string): string | undefined {
  return /#\s*(nicfix:[\w-]+)\s*$/.exec(line)?.[1]
}

function listOurs(pieces: readonly string[], stanzas: readonly Stanza[], line: string): Line[] {
  const marker = markerOf(line)
  return stanzas
    .flatMap(each => each.options)
    .filter(option => {
      const written = readLine(pieces, option)
      return written === line || (marker !== undefined && markerOf(written) === marker)
    })
}

function tellAbsent(lines: readonly Line[], nic: string): string {
  const takesIn = lines.find(each => each.words[0]?.startsWith('source'))
  const hint = takesIn ? `; it may be in a file that line ${takesIn.from + 1} takes in` : ''
  return `there is no "iface ${nic}" stanza${hint}`
}

function insertAfter(pieces: readonly string[], stanza: Stanza, line: string): Edited {
  const { header, options } = stanza
  const before = pieces[(options.at(-1) ?? header).to - 1] ?? ''
  if (/\\\s*$/.test(before)) {
    return {
      refused: `the stanza of ${stanza.nic} ends with a backslash, which tools read differently`,
    }
  }
  const ending = endingOf(before) || endingOf(pieces[header.from] ?? '') || '\n'
  if (endingOf(before) === '' && before.endsWith('\r')) {
    return { refused: `the stanza of ${stanza.nic} ends with a bare carriage return` }
  }
  const added = indentOf(pieces, options.at(-1)) + line
  const at = (options.at(-1) ?? header).to
  // A file without a newline at its end stays one: its last line lends its own.
  const both = endingOf(before) ? [before, added + ending] : [before + ending, added]
  return { text: pieces.toSpliced(at - 1, 1, ...both).join('') }
}

function endingOf(piece: string): string {
  return /\r?\n$/.exec(piece)?.[0] ?? ''
}

/** White space before an option, as the file has it; a tab, as Proxmox VE writes, where there is no option to copy. */
function indentOf(pieces: readonly string[], option: Line | undefined): string {
  const piece = option && pieces[option.from]
  return piece === undefined ? '\t' : (/^[ \t\v\f\r]*/.exec(piece)?.[0] ?? '')
}

function reshape(pieces: readonly string[], older: Line, line: string): string {
  return indentOf(pieces, older) + line + endingOf(pieces[older.to - 1] ?? '')
}

function dropLines(pieces: readonly string[], lines: readonly Line[]): string {
  const dropped = new Set(
    lines.flatMap(({ from, to }) => pieces.slice(from, to).map((_, i) => from + i)),
  )
  const kept = pieces.filter((_, index) => !dropped.has(index))
  const last = pieces.length - 1
  if (!dropped.has(last) || endingOf(pieces[last] ?? '') !== '') return kept.join('')
  return kept.join('').replace(/\r?\n$/, '')
}
