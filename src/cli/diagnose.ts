import { InvalidArgumentError, Option, type Command } from 'commander'
import { diagnose } from '../diagnose/diagnose.ts'
import { renderDiagnosisMarkdown } from '../diagnose/render-markdown.ts'
import { renderDiagnosis } from '../diagnose/render-text.ts'
import type { Diagnosis } from '../model/diagnosis.ts'
import { exitCodes, worst } from '../model/exit.ts'
import type { Problem } from '../problems.ts'
import { problem, Trouble } from '../problems.ts'
import { diagnoseHosts } from './diagnose-hosts.ts'
import { print, printJson, withHosts } from './options.ts'
import type { HostOptions } from './options.ts'
import { reportProblems } from './problems.ts'
import { readInput } from './read-input.ts'
import { readVersion } from './version.ts'

export type DiagnoseOptions = HostOptions & {
  readonly nic?: string
  /** In seconds, as `watch`. */
  readonly since?: number
  readonly watch?: number
  readonly collect?: string
  readonly from?: string
  readonly format: 'text' | 'md' | 'json'
}

/** `nicfix diagnose --host h1`, or `--from FILE`: what is wrong, by which lines, and what to do. Nothing is changed. */
export function wireDiagnose(program: Command): void {
  const command = program
    .command('diagnose')
    .description(
      'find out what is wrong with a port, and name the playbook for it; nothing is changed',
    )
    .option('--nic <name>', 'only this port, by its name or PCI address')
    .option('--since <time>', 'only log lines of the last time: 30m, 6h, 2d', readSpan)
    .addOption(
      new Option(
        '--from <file>',
        'a bundle or a kernel log (- for standard input), without any host',
      ).conflicts(['watch', 'collect', 'inventory', 'limit']),
    )
    .addOption(
      new Option('--watch <time>', 'how long to count frames and errors: 60s, 10m').argParser(
        readWatch,
      ),
    )
    .option('--collect <file>', 'keep what was read of the host in a bundle, for --from')
  const formats = new Option('--format <kind>', 'md is for a ticket or a pull request')
  command.addOption(formats.choices(['text', 'md', 'json']).default('text'))
  withHosts(command).action(async (options: DiagnoseOptions) => {
    const { diagnoses, problems } = await find(options)
    if (options.nic !== undefined) demandPort(diagnoses, options.nic)
    show(diagnoses, options)
    reportProblems(problems)
    const codes = [...diagnoses, ...problems].map(({ exitCode }) => exitCode)
    process.exitCode = worst(codes)
  })
}

/** @throws {Trouble} NF2001 where a host has no such port, as far as was read */
function demandPort(diagnoses: readonly Diagnosis[], nic: string): void {
  const without = diagnoses.filter(({ ports }) => ports.length === 0)
  const next = 'name one that it has, or leave --nic out'
  const troubles = without.map(({ host }) =>
    problem('NF2001', `there is no port ${nic} in what was read`, next, { host }),
  )
  if (troubles.length > 0) throw new Trouble(...troubles)
}

type Found = { readonly diagnoses: readonly Diagnosis[]; readonly problems: readonly Problem[] }

async function find(options: DiagnoseOptions): Promise<Found> {
  const { from, host, nic = null, since = null } = options
  if (from === undefined) return diagnoseHosts(options)
  if (host.length > 1) {
    const next = 'name one host for one file, or none'
    throw new Trouble(
      problem('NF3006', 'a file is of one host', next, { exitCode: exitCodes.usage }),
    )
  }
  const { gathered, collected } = await readInput(from, since)
  const question = { nicfix: readVersion(), host: host[0] ?? null, nic }
  return { diagnoses: [diagnose(gathered, question, collected)], problems: [] }
}

function show(diagnoses: readonly Diagnosis[], { json, format }: DiagnoseOptions): void {
  if (json || format === 'json') {
    if (diagnoses.length === 1) printJson(diagnoses[0])
    else printJson(Object.fromEntries(diagnoses.map(each => [each.host, each])))
    return
  }
  if (format === 'md') {
    for (const each of diagnoses) print(renderDiagnosisMarkdown(each).trimEnd())
    return
  }
  const { isTTY, columns } = process.stdout
  const colour = isTTY && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb'
  const width = isTTY ? Math.min(Math.max(columns, 60), 100) : 100
  const pages = diagnoses.map(each => renderDiagnosis(each, { colour, width }).trimEnd())
  if (pages.length > 0) print(pages.join('\n\n'))
}

const units = { s: 1, m: 60, h: 3600, d: 86_400 } as const

/** "2d" in seconds. */
function readSpan(text: string): number {
  const [, digits, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? []
  if (digits === undefined) throw new InvalidArgumentError('write it as 90s, 30m, 6h or 2d')
  return Number(digits) * units[unit as keyof typeof units]
}

function readWatch(text: string): number {
  const seconds = readSpan(text)
  if (seconds < 1 || seconds > 3600) throw new InvalidArgumentError('it is from 1s to 1h')
  return seconds
}
