import { createHash } from 'node:crypto'
import { playbookSchema, type LoadedPlaybook, type Playbook, type Step } from '../model/playbook.ts'
import type { Problem } from '../problems.ts'
import { checkRanges, checkSteps } from './check-steps.ts'
import { locate, type Complaint } from './complaint.ts'
import { describeIssues } from './describe.ts'
import { parseYaml } from './parse.ts'
import type { Source } from './positions.ts'
import { fillText, listReferences, mapTexts, valueAt, type Path } from './substitute.ts'
import { resolveVariables, tellMissing, type Resolved, type Values } from './variables.ts'

/**
 * Makes a playbook of its text, with every `${var}` replaced, or tells all that is wrong with it at once
 * (NF1002, NF1003, NF1007, NF1010, NF1011, NF1020). A value of the command line wins over one of the host, that over
 * the default. Pure: what is read is given.
 */
export function loadPlaybook(
  text: string,
  path: string,
  values: Values,
): { loaded: LoadedPlaybook } | { problems: Problem[] } {
  const parsed = parseYaml(text, path)
  if ('problems' in parsed) return parsed
  const { source, data } = parsed
  const resolved = resolveVariables(data, values)
  const filled = mapTexts(data, (each, at) =>
    isFilled(at) ? fillText(each, name => resolved.values.get(name)) : each,
  )
  const checked = playbookSchema.safeParse(filled)
  const complaints = [
    ...resolved.complaints,
    ...checkReferences(data, resolved),
    ...(checked.success
      ? []
      : describeIssues(checked.error.issues.filter(hasItsText(filled)), {
          schema: playbookSchema,
          data: filled,
          what: 'a playbook',
        })),
    ...checkContents(filled),
  ]
  if (!checked.success || complaints.length > 0) {
    return { problems: tellAll(complaints, source) }
  }
  const sha256 = createHash('sha256').update(text).digest('hex')
  const playbook = { ...checked.data, steps: checked.data.steps.map(lowerDigest) }
  return { loaded: { path, sha256, playbook, vars: Object.fromEntries(resolved.values) } }
}

/** More than these nobody reads; finding the place of each takes its time. */
const most = 100

export function tellAll(complaints: readonly Complaint[], source: Source): Problem[] {
  const told = complaints.slice(0, most).map(each => locate(each, source))
  const problems = told.toSorted(byPlace)
  const last = problems.pop()
  if (!last) return []
  const left = complaints.length - told.length
  const more = left > 0 ? [`and ${left} more problems in this file`] : []
  return [...problems, { ...last, details: [...last.details, ...more] }]
}

/** Of a variable only the default is filled in: a pattern may hold `${` for its own reasons. */
function isFilled(path: Path): boolean {
  return path[0] !== 'vars' || path.at(-1) === 'default'
}

/** False for an issue that is only there because a variable has no value; that has its own problem. */
function hasItsText(filled: unknown): (issue: { path: PropertyKey[] }) => boolean {
  return issue => {
    const value = valueAt(filled, issue.path as Path)
    return typeof value !== 'string' || !isFilled(issue.path as Path) || !value.includes('${')
  }
}

function checkReferences(data: unknown, { declared, values, complaints }: Resolved): Complaint[] {
  const found: Complaint[] = []
  const missing = new Set<string>()
  mapTexts(data, (text, path) => {
    if (!isFilled(path)) return text
    if (/\$\{[^}]*$/.test(text)) found.push(tellUnclosed(path, text))
    const names = listReferences(text)
    names.forEach((name, index) => {
      const occurrence = names.slice(0, index).filter(each => each === name).length
      if (!declared.includes(name)) found.push(tellUndeclared(name, { path, occurrence, declared }))
      else if (!values.has(name)) missing.add(name)
    })
    return text
  })
  const told = complaints.flatMap(({ code, path }) => (code === 'NF1010' && path ? [path[1]] : []))
  return [...found, ...[...missing].filter(name => !told.includes(name)).map(tellMissing)]
}

type Use = {
  readonly path: Path
  readonly occurrence: number
  readonly declared: readonly string[]
}

function tellUndeclared(name: string, { path, occurrence, declared }: Use): Complaint {
  return {
    code: 'NF1011',
    message: `variable "${name}" is not declared`,
    path,
    at: { reference: name, occurrence },
    written: name,
    allowed: declared,
    details: [`variables: ${declared.join(', ') || 'none'}`],
  }
}

function tellUnclosed(path: Path, text: string): Complaint {
  const details = ['expected  ${name}', `found     ${JSON.stringify(text)}`]
  return { code: 'NF1003', message: 'a variable whose "}" is missing', path, details }
}

/** Looks into the parts that are whole, even where others are not, so that everything is told at once. */
function checkContents(filled: unknown): Complaint[] {
  const steps = playbookSchema.shape.steps.safeParse(valueAt(filled, ['steps']))
  const nics = playbookSchema.shape.nics.safeParse(valueAt(filled, ['nics']))
  return [
    ...(steps.success ? checkSteps(steps.data) : []),
    ...(nics.success ? checkRanges(nics.data.match) : []),
  ]
}

function lowerDigest(step: Step): Playbook['steps'][number] {
  if (step.use !== 'driver.build') return step
  return { ...step, with: { ...step.with, sha256: step.with.sha256.toLowerCase() } }
}

// What has no place in the file comes last: it is about the command line.
function byPlace(a: Problem, b: Problem): number {
  const end = { line: Infinity, column: Infinity }
  const [left, right] = [a.place ?? end, b.place ?? end]
  return left.line === right.line ? left.column - right.column || 0 : left.line - right.line
}
