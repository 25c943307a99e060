import {
  isAlias,
  isCollection,
  isPair,
  isScalar,
  LineCounter,
  parseDocument,
  visit,
  type Document,
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
  const document: Document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
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
    Node(key, node) {
      const pos: [number, number] = [node.range?.[0] ?? 0, node.range?.[1] ?? 0]
      if (isAlias(node)) found.push({ message: `aliases are not allowed in ${article(what)}`, pos })
      if (key === 'key' && isCollection(node)) found.push({ message: 'a key must be text', pos })
    },
  })
  return found
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
      ? 'lists or maps within each other, too deep to be read'
      : lowerFirst(message)
  const unquoted = /[:,[]\s*\$\{/.test(spot.source)
  const details = unquoted ? ['inside of { } and [ ], write it in quotes: "${name}"'] : []
  return problem('NF1002', said, 'nicfix explain NF1002', { details, ...spot })
}

const article = (noun: string) => `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
