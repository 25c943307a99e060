import {
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  LineCounter,
  parseDocument,
  visit,
  Document,
  YAMLParseError,
  type YAMLMap,
} from 'yaml'
import { problem, type Problem } from '../problems.ts'
import { spotAt, type Source } from './positions.ts'

/**
 * Reads YAML 1.2 into plain data, keeping the positions.
 * Every syntax error, duplicate key, unknown tag and alias is a problem (NF1002); then there is no data.
 */
export function parseYaml(
  text: string,
  file: string,
  what: 'playbook' | 'inventory' = 'playbook',
): { source: Source; data: unknown } | { problems: Problem[] } {
  const lines = new LineCounter()
  const document = parseDeep(text, lines)
  const source = { file, text, document, lines }
  const found = [...listErrors(document), ...document.warnings, ...listUnfit(document, what)]
  if (found.length > 0) {
    return {
      problems: found.slice(0, most).map(each => tellSyntax(each, source, what)),
    }
  }
  keepNumbersAsWritten(document, what)
  return { source, data: document.toJS() }
}

/** The parser goes into each level by a call of its own, and says so by running out of them. */
function parseDeep(text: string, lineCounter: LineCounter): Document {
  // Of its own it compares each key of a map with all before it.
  const options = { lineCounter, prettyErrors: false, uniqueKeys: false }
  // A text that is no YAML may have an error at each character; nobody asks where in the parser that was.
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    return parseDocument(text, options)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    const document: Document = new Document()
    document.errors.push(new YAMLParseError([0, 1], 'BAD_COLLECTION_TYPE', tooDeep))
    return document
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}

const tooDeep = 'lists or maps within each other, too deep to be read'
/** Of lists, maps and pairs: no file that somebody has written comes near to it. */
const mostAbove = 200

// What comes after so many is no news.
const most = 100

type Syntax = { readonly message: string; readonly pos: readonly [number, number] }

// One slip makes the parser stumble over all that follows: of those errors only the first tells something.
function listErrors({ errors }: Document): Syntax[] {
  const stray = ['UNEXPECTED_TOKEN', 'MISSING_CHAR']
  return errors.filter((each, index) => index === 0 || !stray.includes(each.code))
}

// A value that is written elsewhere has two places; a playbook short enough to review does without.
function listUnfit(document: Document, what: string): Syntax[] {
  const found: Syntax[] = []
  visit(document, {
    Node(key, node, above) {
      const pos: [number, number] = [node.range?.[0] ?? 0, node.range?.[1] ?? 0]
      if (above.length > mostAbove) {
        if (found.at(-1)?.message !== tooDeep) found.push({ message: tooDeep, pos })
        return visit.SKIP
      }
      if (isMap(node)) found.push(...listRepeated(node))
      if (isAlias(node)) found.push({ message: `aliases are not allowed in ${article(what)}`, pos })
      // What checks the data further on passes over it, and nobody would be told.
      if (key === 'key' && isScalar(node) && node.value === '__proto__')
        found.push({ message: 'a key must not be "__proto__"', pos })
      if (key === 'key' && isCollection(node)) found.push({ message: 'a key must be text', pos })
    },
  })
  return found
}

function listRepeated({ items }: YAMLMap): Syntax[] {
  const seen = new Set<unknown>()
  return items.flatMap(({ key }) => {
    if (!isScalar(key)) return []
    const isFirst = !seen.has(key.value)
    seen.add(key.value)
    const [from = 0] = key.range ?? []
    return isFirst ? [] : [{ message: 'Map keys must be unique', pos: [from, from + 1] as const }]
  })
}

// YAML reads the version 2.10 as the number 2.1; what was typed is what is meant.
function keepNumbersAsWritten(document: Document, what: string): void {
  visit(document, {
    Scalar(key, node, path) {
      if (typeof node.value !== 'number' || !node.source || key === 'key') return
      const keys = path.flatMap(each =>
        isPair(each) && isScalar(each.key) ? [each.key.value] : [],
      )
      const isValue =
        what === 'inventory'
          ? keys.includes('vars')
          : keys[0] === 'vars' && keys.length === 3 && keys[2] === 'default'
      if (isValue) node.value = node.source
    },
  })
}

function tellSyntax({ message, pos }: Syntax, source: Source, what: string): Problem {
  const spot = spotAt(source, pos[0], pos[1] - pos[0])
  const several = message.startsWith('Source contains multiple documents')
  const isDeep = /call stack/i.test(message)
  const said = several
    ? `more than one document in ${article(what)}`
    : isDeep
      ? tooDeep
      : lowerFirst(message)
  const unquoted = /[:,[]\s*\$\{/.test(spot.source)
  const details = unquoted ? ['inside of { } and [ ], write it in quotes: "${name}"'] : []
  return problem('NF1002', said, 'nicfix explain NF1002', { details, ...spot })
}

const article = (noun: string) => `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
