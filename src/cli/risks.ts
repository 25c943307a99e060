import { InvalidArgumentError } from 'commander'
import type { Command } from 'commander'
import { risks } from '../model/playbook.ts'
import type { LoadedPlaybook, Risk } from '../model/playbook.ts'
import type { PlaybookOptions } from './options.ts'

/** The playbook with what the command line takes upon itself. */
export function acceptRisks(
  loaded: LoadedPlaybook,
  { acceptRisk = [] }: Pick<PlaybookOptions, 'acceptRisk'>,
): LoadedPlaybook {
  const { playbook } = loaded
  const accepted = [...new Set([...playbook['accept-risk'], ...acceptRisk])]
  return { ...loaded, playbook: { ...playbook, 'accept-risk': accepted } }
}

/** Adds --accept-risk. */
export function withRisks(command: Command): Command {
  const about = 'what nicfix would refuse and you know better; may be repeated'
  return command.option('--accept-risk <name>', about, collectRisk, [])
}

function collectRisk(value: string, before: readonly Risk[]): readonly Risk[] {
  const risk = risks.find(each => each === value)
  if (risk === undefined) throw new InvalidArgumentError(`there are: ${risks.join(', ')}`)
  return [...before, risk]
}
