import { z } from 'zod'
import { variableTypes } from '../model/playbook.ts'
import type { VariableType } from '../model/playbook.ts'
import type { Complaint } from './complaint.ts'
import { matches } from './pattern.ts'
import { fillText, listReferences, valueAt } from './substitute.ts'

/** Values from outside of the playbook, by where they come from; those of the command line win. */
export type Values = {
  readonly commandLine: Readonly<Record<string, string>>
  readonly host?: Readonly<Record<string, string>>
}

type Declared = {
  readonly name: string
  readonly default?: string
  readonly required: boolean
  readonly type: VariableType
  readonly choices: readonly string[]
  readonly pattern?: string
}

type Form = { readonly expected: string; readonly fits: (value: string) => boolean }

const ip = z.union([z.ipv4(), z.ipv6()])

/** What a value of a type looks like. */
const forms: Readonly<Record<Exclude<VariableType, 'text'>, Form>> = {
  integer: { expected: 'a whole number such as 10', fits: value => /^-?\d+$/.test(value) },
  version: {
    expected: 'a version such as 2.13.10',
    fits: value => /^\d+(\.\d+)*([-+][\w.+-]+)?$/.test(value),
  },
  sha256: { expected: '64 hexadecimal digits', fits: value => /^[0-9a-f]{64}$/i.test(value) },
  'on-off': { expected: 'on or off', fits: value => value === 'on' || value === 'off' },
  address: { expected: 'an IPv4 or IPv6 address', fits: value => ip.safeParse(value).success },
}

/** What the variables are worth, and what is wrong with them. */
export type Resolved = {
  readonly declared: readonly string[]
  readonly values: ReadonlyMap<string, string>
  readonly complaints: readonly Complaint[]
}

/**
 * Gives every declared variable its value: command line, then host, then default. A default may refer to other
 * variables; a value from outside is taken as it is. Values for a host that the playbook does not declare are
 * left alone, those of the command line are a problem.
 */
export function resolveVariables(data: unknown, given: Values): Resolved {
  const declared = readDeclared(valueAt(data, ['vars']))
  const complaints = [
    ...declared.flatMap(each => checkCycle(each, declared, given)),
    ...checkNames(declared, given.commandLine),
  ]
  const values = new Map<string, string>()
  for (const variable of declared) settle(variable, { declared, given, values, above: [] })
  complaints.push(...declared.flatMap(each => checkValue(each, values, given)))
  return { declared: declared.map(each => each.name), values, complaints }
}

/** The complaint about a variable that is needed and has no value. */
export function tellMissing(name: string): Complaint {
  return {
    code: 'NF1010',
    message: `variable "${name}" has no value`,
    path: ['vars', name],
    at: 'key',
    next: `give it one: -e ${name}=…`,
  }
}

// Lenient on purpose: the schema complains about the shape, this takes what can be taken.
function readDeclared(vars: unknown): Declared[] {
  if (typeof vars !== 'object' || vars === null || Array.isArray(vars)) return []
  return Object.keys(vars).map(name => {
    const preset = valueAt(vars, [name, 'default'])
    const pattern = valueAt(vars, [name, 'pattern'])
    const type = valueAt(vars, [name, 'type'])
    const choices = valueAt(vars, [name, 'choices'])
    return {
      name,
      ...(typeof preset === 'string' && { default: preset }),
      required: valueAt(vars, [name, 'required']) === true,
      type: variableTypes.find(each => each === type) ?? 'text',
      choices: Array.isArray(choices) ? choices.filter(each => typeof each === 'string') : [],
      ...(typeof pattern === 'string' && { pattern }),
    }
  })
}

type Settling = {
  readonly declared: readonly Declared[]
  readonly given: Values
  readonly values: Map<string, string>
  /** Variables whose defaults led here. */
  readonly above: readonly string[]
}

function settle(variable: Declared, state: Settling): void {
  const { name } = variable
  const { declared, given, values, above } = state
  if (values.has(name) || above.includes(name)) return
  const outside = valueFromOutside(name, given)
  if (outside !== undefined) values.set(name, outside)
  if (outside !== undefined || variable.default === undefined) return
  for (const used of listUsed(variable, declared, given)) {
    settle(used, { ...state, above: [...above, name] })
  }
  values.set(
    name,
    fillText(variable.default, used => values.get(used)),
  )
}

function valueFromOutside(name: string, { commandLine, host = {} }: Values): string | undefined {
  return [commandLine, host].find(values => Object.hasOwn(values, name))?.[name]
}

/** The variables that this one's value is made of; none where the value comes from outside. */
function listUsed(variable: Declared, declared: readonly Declared[], given: Values): Declared[] {
  if (valueFromOutside(variable.name, given) !== undefined) return []
  const names = listReferences(variable.default ?? '')
  return declared.filter(each => names.includes(each.name))
}

// A circle has as many starts as members; only the one that is declared first tells of it.
function checkCycle(start: Declared, declared: readonly Declared[], given: Values): Complaint[] {
  const later = declared.slice(declared.indexOf(start))
  const paths = [[start]]
  const seen = new Set<Declared>()
  for (let path = paths.shift(); path; path = paths.shift()) {
    for (const used of listUsed(path.at(-1) ?? start, later, given)) {
      if (used === start) return [tellCycle([...path, start].map(each => each.name))]
      if (!seen.has(used)) paths.push([...path, used])
      seen.add(used)
    }
  }
  return []
}

function tellCycle(cycle: readonly string[]): Complaint {
  return {
    code: 'NF1010',
    message: `variable "${cycle[0]}" refers to itself`,
    path: ['vars', cycle[0] ?? '', 'default'],
    details: [cycle.join(' → ')],
  }
}

function checkNames(
  declared: readonly Declared[],
  commandLine: Values['commandLine'],
): Complaint[] {
  const allowed = declared.map(each => each.name)
  return Object.keys(commandLine)
    .filter(name => !allowed.includes(name))
    .map(name => ({
      code: 'NF1011',
      message: `-e ${name}=… sets a variable that the playbook does not declare`,
      path: null,
      written: name,
      allowed,
      details: [`variables: ${allowed.join(', ') || 'none'}`],
    }))
}

function checkValue(
  variable: Declared,
  values: ReadonlyMap<string, string>,
  given: Values,
): Complaint[] {
  const value = values.get(variable.name)
  // Made of a variable that has no value itself: that is the problem, and is told.
  const isHalfMade =
    valueFromOutside(variable.name, given) === undefined &&
    listReferences(variable.default ?? '').some(used => !values.has(used))
  const { name, required, pattern } = variable
  if (required && variable.default !== undefined) {
    const message = `variable "${name}" is required, so it cannot have a default`
    return [{ code: 'NF1003', message, path: ['vars', name, 'default'], at: 'key' }]
  }
  if (required && value === undefined) return [tellMissing(name)]
  const regex = pattern === undefined ? undefined : compile(pattern)
  if (regex === null) {
    const message = `the pattern of "${name}" is not a regular expression`
    return [{ code: 'NF1003', message, path: ['vars', name, 'pattern'] }]
  }
  if (value === undefined || isHalfMade) return []
  const isMatch = regex === undefined || matches(regex, value)
  if (isMatch === null) {
    const message = `the pattern of "${name}" takes too long to try`
    const details = [`found     ${JSON.stringify(value)}`]
    return [{ code: 'NF1003', message, path: ['vars', name, 'pattern'], details }]
  }
  const wrong = listForms(variable, isMatch).find(({ fits }) => !fits(value))
  if (!wrong) return []
  const from = Object.hasOwn(given.commandLine, name) ? `  (from -e ${name}=…)` : ''
  return [
    {
      code: 'NF1003',
      message: `wrong value for variable "${name}"`,
      path: ['vars', name, wrong.key],
      ...(wrong.key === 'choices' && { written: value, allowed: variable.choices }),
      details: [`expected  ${wrong.expected}`, `found     ${JSON.stringify(value)}${from}`],
    },
  ]
}

/** All that a value of the variable has to be, and which key of the declaration says so. */
function listForms(
  { type, choices, pattern }: Declared,
  isMatch: boolean,
): (Form & { readonly key: 'type' | 'choices' | 'pattern' })[] {
  const expected = `text that matches ${pattern}`
  return [
    ...(type === 'text' ? [] : [{ ...forms[type], key: 'type' as const }]),
    ...(choices.length === 0
      ? []
      : [
          {
            key: 'choices' as const,
            expected: `one of ${choices.join(', ')}`,
            fits: (value: string) => choices.includes(value),
          },
        ]),
    ...(isMatch ? [] : [{ key: 'pattern' as const, expected, fits: () => false }]),
  ]
}

function compile(pattern: string): RegExp | null {
  try {
    return new RegExp(pattern, 'u')
  } catch {
    return null
  }
}
