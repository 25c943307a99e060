import { Command, InvalidArgumentError } from 'commander'
import { problem, Trouble } from '../problems.ts'

/** Options that every command with hosts has. */
export type HostOptions = {
  readonly host: readonly string[]
  readonly sshConfig?: string
  readonly user?: string
  readonly json?: boolean
}

/** Options that every command with a playbook has. */
export type PlaybookOptions = { readonly env: Readonly<Record<string, string>> }

function collectHosts(value: string, before: readonly string[]): string[] {
  const names = value.split(',').map(each => each.trim())
  if (names.includes('')) throw new InvalidArgumentError('a host name is missing')
  return [...before, ...names]
}

function collectValues(
  value: string,
  before: Readonly<Record<string, string>>,
): Record<string, string> {
  const at = value.indexOf('=')
  if (at < 1) {
    const message = `${JSON.stringify(value)} is not name=value`
    throw new Trouble(problem('NF1012', message, 'write it as -e name=value'))
  }
  return { ...before, [value.slice(0, at)]: value.slice(at + 1) }
}

/** Adds -H, -u, --ssh-config and --json. */
export function withHosts(command: Command): Command {
  return command
    .option('-H, --host <name>', 'host, may be repeated or a comma list', collectHosts, [])
    .option('-u, --user <name>', 'user to log in as')
    .option('--ssh-config <file>', 'instead of ~/.ssh/config')
    .option('--json', 'JSON on standard output')
}

/** Adds -e. */
export function withValues(command: Command): Command {
  return command.option('-e, --env <key=value>', 'value of a playbook variable', collectValues, {})
}

/** The part of the options that resolving hosts takes. */
export function lookupOf({ sshConfig, user }: HostOptions): { sshConfig?: string; user?: string } {
  return {
    ...(sshConfig === undefined ? {} : { sshConfig }),
    ...(user === undefined ? {} : { user }),
  }
}

export const print = (text: string): void => {
  process.stdout.write(`${text}\n`)
}

export const printJson = (value: unknown): void => print(JSON.stringify(value, null, 2))

export const tell = (text: string): void => {
  process.stderr.write(`${text}\n`)
}
