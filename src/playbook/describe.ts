import type { z } from 'zod'
import type { Complaint } from './complaint.ts'
import { keysAt, schemaAt } from './schema-keys.ts'
import { valueAt, type Path } from './substitute.ts'
import { guessWord } from './typo.ts'

type Issue = z.core.$ZodIssue

/** What a schema was given. */
export type Judged = {
  readonly schema: z.ZodType
  readonly data: unknown
  /** "a playbook" */
  readonly what: string
}

/** Turns what the schema found into complaints in our own words. */
export function describeIssues(issues: readonly Issue[], judged: Judged): Complaint[] {
  const found = issues.flatMap(issue => describeIssue(issue, judged))
  const slips = found.flatMap(({ code, path, written, allowed = [] }) => {
    const meant = code === 'NF1007' && written !== undefined && guessWord(written, allowed)
    return meant && path ? [JSON.stringify([...path.slice(0, -1), meant])] : []
  })
  // `vesion:` is one mistake, not an unknown key and a missing one.
  return found.filter(each => each.code === 'NF1007' || !slips.includes(JSON.stringify(each.path)))
}

function describeIssue(issue: Issue, judged: Judged): Complaint[] {
  const { schema, data, what } = judged
  const path = issue.path as Path
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map(key => tellUnknown([...path, key], judged))
  const value = valueAt(data, path)
  const parent = path.slice(0, -1)
  if (value === undefined && path.length > 0)
    return [tellMissingKey(path, issue, keysAt(schema, data, parent))]
  const atKey = issue.code === 'invalid_key'
  return [
    {
      code: 'NF1003',
      message: path.length > 0 ? `wrong value for "${nameOf(path)}"` : `${what} is a map of keys`,
      path,
      ...(atKey && { at: 'key' as const, message: `wrong name "${path.at(-1)}"` }),
      ...(typeof value === 'string' && { written: value, allowed: listWords(issue) }),
      details: atKey
        ? [`expected  ${joinWords(listExpected(issue))}`]
        : tellValue(value, issue, schemaAt(schema, data, path)),
    },
  ]
}

// YAML makes numbers of what was meant as text; then the text is what is judged.
function tellValue(value: unknown, issue: Issue, schema: z.ZodType | undefined): string[] {
  const expected = listExpected(issue)
  const found = `found     ${show(value)}`
  if (typeof value !== 'number' || !expected.includes('text')) {
    return [`expected  ${joinWords(expected)}`, found]
  }
  const again = schema?.safeParse(String(value))
  const better = again?.error?.issues[0]
  if (better) return [`expected  ${joinWords(listExpected(better))}`, found]
  return [`expected  ${joinWords(expected)}`, found, `write it in quotes: "${value}"`]
}

function tellUnknown(path: Path, { schema, data }: Judged): Complaint {
  const allowed = keysAt(schema, data, path.slice(0, -1))
  return {
    code: 'NF1007',
    message: `unknown key "${path.at(-1)}"`,
    path,
    at: 'key',
    written: String(path.at(-1)),
    allowed,
    details: [`keys here: ${allowed.join(', ')}`],
  }
}

function tellMissingKey(path: Path, issue: Issue, keys: readonly string[]): Complaint {
  const where = path.length > 1 ? ` in ${nameOf(path.slice(0, -1))}` : ''
  return {
    code: 'NF1003',
    message: `missing key "${path.at(-1)}"${where}`,
    path,
    details: [
      `expected  ${joinWords(listExpected(issue))}`,
      ...(keys.length > 0 ? [`keys here: ${keys.join(', ')}`] : []),
    ],
  }
}

/** "max-outage", "steps[1].with.rx": a path as people write it. */
function nameOf(path: Path): string {
  return path.reduce<string>(
    (text, part) => text + (typeof part === 'number' ? `[${part}]` : `${text && '.'}${part}`),
    '',
  )
}

const kinds: Readonly<Record<string, readonly string[]>> = {
  string: ['text'],
  number: ['a number'],
  int: ['a whole number'],
  boolean: ['true', 'false'],
  array: ['a list'],
  object: ['a map of keys'],
  record: ['a map of keys'],
}

/** What would have been right, in words. */
function listExpected(issue: Issue): readonly string[] {
  if (issue.code === 'invalid_type') return kinds[issue.expected] ?? [issue.expected]
  if (issue.code === 'too_small') {
    return [tellLeast(issue.origin, Number(issue.minimum), issue.inclusive ?? true)]
  }
  if (issue.code === 'invalid_format') {
    return [
      issue.message.startsWith('Invalid') ? `text that matches ${issue.pattern}` : issue.message,
    ]
  }
  const listed = [...listWords(issue), ...inner(issue).flatMap(listExpected)]
  return listed.length > 0 ? [...new Set(listed)] : [issue.message]
}

/** The words that may stand there, where there are only so many. */
function listWords(issue: Issue): string[] {
  if (issue.code === 'invalid_value') return issue.values.map(String)
  if (issue.code !== 'invalid_union') return []
  const options =
    'options' in issue && Array.isArray(issue.options) ? issue.options.map(String) : []
  return [...options, ...inner(issue).flatMap(listWords)]
}

function inner(issue: Issue): Issue[] {
  if (issue.code === 'invalid_union') return issue.errors.flat()
  return issue.code === 'invalid_key' ? issue.issues : []
}

function tellLeast(origin: string, least: number, inclusive: boolean): string {
  if (origin === 'array') return 'a list that is not empty'
  if (origin === 'string') return 'text that is not empty'
  return inclusive ? `a number from ${least} up` : `a number over ${least}`
}

function joinWords(words: readonly string[]): string {
  return words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}

function show(value: unknown): string {
  if (value === null || value === undefined) return 'nothing'
  if (Array.isArray(value)) return value.length > 0 ? 'a list' : 'an empty list'
  if (typeof value === 'object') return 'a map of keys'
  const text = JSON.stringify(value)
  return text.length > 70 ? `${text.slice(0, 69)}…` : text
}
