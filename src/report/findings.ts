import { createHash } from 'node:crypto'
import type { Log, Result } from 'sarif'
import { catalogue } from '../problems.ts'
import type { Problem } from '../problems.ts'
import { toJson } from './json.ts'
import { show } from './problems.ts'

/** Forms in which other programs take problems that are in files. */
export const findingFormats = ['json', 'sarif', 'github', 'gitlab'] as const
export type FindingFormat = (typeof findingFormats)[number]

/** Problems of files for another program, ending in a line end. */
export function renderFindings(
  format: FindingFormat,
  problems: readonly Problem[],
  version: string,
): string {
  switch (format) {
    case 'json':
      return write({ valid: problems.length === 0, problems })
    case 'sarif':
      return write(toSarif(problems, version))
    case 'gitlab':
      return write(problems.map(toGitlab))
    case 'github':
      return problems.map(toGithub).join('')
  }
}

const write = (value: unknown): string => `${toJson(value, 2)}\n`

const words = ({ message, details, next }: Problem): string =>
  [message, ...details, `next: ${next}`].map(show).join('\n')

/** SARIF 2.1.0 (OASIS), as code scanning takes it. */
function toSarif(problems: readonly Problem[], version: string): Log {
  const codes = [...new Set(problems.map(({ code }) => code))].toSorted()
  const rules = codes.map(id => ({ id, shortDescription: { text: catalogue[id].about } }))
  return {
    version: '2.1.0',
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    runs: [
      {
        tool: { driver: { name: 'nicfix', semanticVersion: version, rules } },
        columnKind: 'utf16CodeUnits',
        results: problems.map(toResult),
      },
    ],
  }
}

function toResult(problem: Problem): Result {
  const { code, place } = problem
  const result: Result = { ruleId: code, level: 'error', message: { text: words(problem) } }
  if (!place) return result
  const { file, line, column, width } = place
  const end = width === undefined ? {} : { endColumn: column + width }
  // A reference to a file is a URI: blanks and signs of other meaning are written as their codes.
  const uri = file.split('/').map(encodeURIComponent).join('/')
  const region = { startLine: line, startColumn: column, ...end }
  return {
    ...result,
    locations: [{ physicalLocation: { artifactLocation: { uri }, region } }],
  }
}

const data = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
const property = (text: string): string => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')

/** A workflow command of GitHub Actions; what it would read as its own signs is escaped as its toolkit does. */
function toGithub(problem: Problem): string {
  const { code, place } = problem
  const where = place
    ? `file=${property(place.file)},line=${place.line},col=${place.column},endColumn=${place.column + (place.width ?? 1)},`
    : ''
  return `::error ${where}title=${property(code)}::${data(words(problem))}\n`
}

/** An entry of GitLab's Code Quality report. */
function toGitlab(problem: Problem): object {
  const { code, place, message } = problem
  const path = place?.file ?? ''
  const begin = place?.line ?? 1
  return {
    description: words(problem),
    check_name: code,
    // The same problem elsewhere in a file that grew is still the same: no line number in it.
    fingerprint: createHash('sha256').update([code, path, message].join('\0')).digest('hex'),
    severity: 'major',
    location: { path, lines: { begin } },
  }
}
