import { loadPlaybook } from '../../src/playbook/load.ts'
import { renderProblems } from '../../src/report/problems.ts'

export const digest = 'a'.repeat(64)
export const build = `{ id: build, use: driver.build, with: { source: s.tar.gz, sha256: ${digest}, module: i40e, version: '1' } }`
export const pause = '{ id: live, use: nic.pause, with: { rx: off, tx: off } }'

/** A playbook with these steps and further lines. */
export function write(more: string, steps: readonly string[] = [pause]): string {
  return `nicfix: 1
name: p
nics: { match: { driver: e1000e } }
${more}
steps:
${steps.map(each => `  - ${each}`).join('\n')}
`
}

export function load(
  text: string,
  commandLine: Record<string, string> = {},
  host?: Record<string, string>,
) {
  return loadPlaybook(text, 'p.yaml', { commandLine, ...(host && { host }) })
}

export function tell(text: string, commandLine: Record<string, string> = {}): string {
  const result = load(text, commandLine)
  return 'problems' in result ? renderProblems(result.problems) : 'no problem'
}

export function loaded(
  text: string,
  commandLine: Record<string, string> = {},
  host?: Record<string, string>,
) {
  const result = load(text, commandLine, host)
  if ('problems' in result) throw new Error(renderProblems(result.problems))
  return result.loaded
}

export function codes(text: string, commandLine: Record<string, string> = {}): string[] {
  const result = load(text, commandLine)
  return 'problems' in result ? result.problems.map(each => each.code) : []
}
