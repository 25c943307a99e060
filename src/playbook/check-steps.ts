import semver from 'semver'
import { settingNames } from '../model/playbook.ts'
import type { Playbook, Step, StepOf, Use } from '../model/playbook.ts'
import type { Complaint } from './complaint.ts'
import { listReferences, type Path } from './substitute.ts'

/**
 * Judges what the schema cannot see: whether the steps fit together in their order, so that everything is tried
 * before it is kept, and what a value must be once the variables are in it.
 */
export function checkSteps(steps: readonly Step[]): Complaint[] {
  return steps.flatMap((step, index) => {
    const path = ['steps', index]
    const before = steps.slice(0, index)
    return [
      ...checkId(step, before, path),
      ...checkNeeds(step, before, path),
      ...checkDigest(step, path),
    ]
  })
}

/** Checks that each version range of `nics.match` is one. Versions of four numbers are Intel's, semver has three. */
export function checkRanges(match: Playbook['nics']['match']): Complaint[] {
  const { version = [] } = match
  const listed = typeof version === 'string' ? [version] : version
  return listed.flatMap((range, index) => {
    const short = range.replaceAll(/(\d+\.\d+\.\d+)\.\d+/g, '$1')
    if (range === 'in-tree' || isUnfilled(range) || semver.validRange(short) !== null) return []
    const path = ['nics', 'match', 'version', ...(typeof version === 'string' ? [] : [index])]
    return [
      {
        code: 'NF1003',
        message: 'wrong value for "nics.match.version"',
        path,
        details: [
          'expected  in-tree, or a range of versions such as <2.13.10',
          `found     ${JSON.stringify(range)}`,
        ],
      },
    ]
  })
}

function checkId(step: Step, before: readonly Step[], path: Path): Complaint[] {
  const first = before.findIndex(each => each.id === step.id)
  if (first < 0) return []
  const message = `two steps have the id "${step.id}"`
  return [
    misfit(message, [...path, 'id'], [`the first is steps[${first}], a ${before[first]?.use}`]),
  ]
}

function checkNeeds(step: Step, before: readonly Step[], path: Path): Complaint[] {
  if (step.use === 'driver.trial') return checkFrom(step, before, path)
  if (step.use === 'driver.install') {
    return [...checkFrom(step, before, path), ...checkTried(step, before, path)]
  }
  if (step.use === 'driver.boot-hook') return checkHook(step, before, path)
  if (step.use === 'driver.remove') return checkStock(step, before, path)
  return step.use === 'nic.persist' ? checkKept(step, before, path) : []
}

function checkFrom(
  step: StepOf<'driver.trial' | 'driver.install'>,
  before: readonly Step[],
  path: Path,
): Complaint[] {
  const builds = ofUse(before, 'driver.build').map(each => each.id)
  if (builds.includes(step.with.from)) return []
  const message = `step "${step.id}" takes its driver from "${step.with.from}", which is no driver.build before it`
  const details = [`builds before it: ${builds.join(', ') || 'none'}`]
  const guess = { written: step.with.from, allowed: builds }
  return [{ ...misfit(message, [...path, 'with', 'from'], details), ...guess }]
}

function checkTried(
  step: StepOf<'driver.install'>,
  before: readonly Step[],
  path: Path,
): Complaint[] {
  const { from } = step.with
  if (ofUse(before, 'driver.trial').some(each => each.with.from === from)) return []
  const message = `step "${step.id}" keeps a driver that no step before it tried`
  return [
    misfit(message, [...path, 'use'], [`put a driver.trial with { from: ${from} } before it`]),
  ]
}

function checkHook(
  step: StepOf<'driver.boot-hook'>,
  before: readonly Step[],
  path: Path,
): Complaint[] {
  const installed = ofUse(before, 'driver.install').flatMap(install =>
    ofUse(before, 'driver.build').filter(build => build.id === install.with.from),
  )
  if (installed.some(build => build.with.module === step.with.module)) return []
  const message = `step "${step.id}" boots a module that no driver.install before it puts in place`
  const modules = installed.map(build => build.with.module).join(', ') || 'none'
  return [misfit(message, [...path, 'with', 'module'], [`modules installed before it: ${modules}`])]
}

function checkStock(
  step: StepOf<'driver.remove'>,
  before: readonly Step[],
  path: Path,
): Complaint[] {
  if (ofUse(before, 'driver.stock').some(each => each.with.module === step.with.module)) return []
  const message = `step "${step.id}" leaves a driver that no step before it tried`
  const advice = `put a driver.stock with { module: ${step.with.module} } before it`
  return [misfit(message, [...path, 'use'], [advice])]
}

function checkKept(step: StepOf<'nic.persist'>, before: readonly Step[], path: Path): Complaint[] {
  return settingNames.flatMap(setting => {
    const kept: object | undefined = step.with[setting]
    if (kept === undefined) return []
    const tried = ofUse(before, `nic.${setting}`).at(-1)
    if (!tried) {
      const message = `step "${step.id}" keeps a setting that no step before it tried`
      const advice = `put a nic.${setting} with the same values before it`
      return [misfit(message, [...path, 'with', setting], [advice])]
    }
    const now = new Map(Object.entries(kept))
    const then = new Map(Object.entries(tried.with))
    const differing = [...new Set([...now.keys(), ...then.keys()])].filter(
      key => now.get(key) !== then.get(key),
    )
    if (differing.length === 0) return []
    const message = `step "${step.id}" keeps other values than step "${tried.id}" tried`
    return [
      misfit(message, [...path, 'with', setting], [`they differ in: ${differing.join(', ')}`]),
    ]
  })
}

// Downloads are only as good as their digest; half of one is none.
function checkDigest(step: Step, path: Path): Complaint[] {
  if (step.use !== 'driver.build') return []
  const { sha256 } = step.with
  if (isUnfilled(sha256) || /^[0-9a-f]{64}$/i.test(sha256)) return []
  return [
    {
      code: 'NF1003',
      message: 'a sha256 is 64 hex digits',
      path: [...path, 'with', 'sha256'],
      details: [`found     ${JSON.stringify(sha256)}  (${sha256.length} characters)`],
    },
  ]
}

function isUnfilled(text: string): boolean {
  return listReferences(text).length > 0
}

function ofUse<U extends Use>(steps: readonly Step[], use: U): StepOf<U>[] {
  return steps.filter((step): step is StepOf<U> => step.use === use)
}

function misfit(message: string, path: Path, details: readonly string[]): Complaint {
  return { code: 'NF1020', message, path, details }
}
