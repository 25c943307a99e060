import type { Command } from 'commander'
import { parseAnswer, statusOfAllCommand } from '../host/protocol.ts'
import { hostScriptBytes } from '../host/script.ts'
import { exitCodes, worst } from '../model/exit.ts'
import type { TxStatus } from '../model/tx.ts'
import { problem, Trouble } from '../problems.ts'
import type { Host } from '../remote/host.ts'
import { toJson } from '../report/json.ts'
import { renderStatus } from '../report/status.ts'
import { realClock } from '../run/clock.ts'
import { linesOf } from '../run/said.ts'
import { findHosts } from './find-hosts.ts'
import { print, printJson, tell, withHosts } from './options.ts'
import type { HostOptions } from './options.ts'
import { reportProblems } from './problems.ts'
import { settle } from './settle.ts'

const askMs = 30_000

export type Answer = { readonly host: string; readonly runs: readonly TxStatus[] }

/** @throws {Trouble} NF6xxx, NF5002 */
export async function askHost(host: Host): Promise<Answer> {
  const connection = await host.connect()
  try {
    const stdin = hostScriptBytes()
    const exit = await connection.run(statusOfAllCommand, { stdin, timeoutMs: askMs })
    const answer = exit.kind === 'exited' ? parseAnswer(exit.stdout) : null
    if (answer?.kind === 'blocks')
      return { host: host.name, runs: answer.blocks.map(({ status }) => status) }
    const details = answer ? [answer.why, ...linesOf(exit)] : linesOf(exit)
    const message = `${host.name} did not say how its runs are`
    throw new Trouble(problem('NF5002', message, 'ask again', { details, host: host.name }))
  } finally {
    await connection.close()
  }
}

function codeOf({ state }: TxStatus): number {
  if (state === 'failed') return exitCodes.dirty
  const isOpen = ['staged', 'pending', 'confirmed', 'rollback'].includes(state)
  return isOpen ? exitCodes.unknown : exitCodes.ok
}

function render({ host, runs }: Answer): string {
  if (runs.length === 0) return `${host}\n  no runs`
  return [host, ...runs.map(each => renderStatus(host, each))].join('\n')
}

const watchMs = 2000

/**
 * Asks until no run is open any more; a host that is away for a moment is asked again. Each answer that is news is printed:
 * for programs as one line of JSON.
 */
async function watch(hosts: readonly Host[], options: HostOptions): Promise<readonly Answer[]> {
  const told = new Map<string, string>()
  for (;;) {
    const { done: answers, problems } = await settle(hosts, options, askHost)
    for (const answer of answers) {
      const text = render(answer)
      if (told.get(answer.host) !== withoutSeconds(text))
        print(options.json ? toJson(answer) : text)
      told.set(answer.host, withoutSeconds(text))
    }
    for (const { host = '', message } of problems) {
      if (told.get(host) !== message) tell(`${host}: ${message}; asking again`)
      told.set(host, message)
    }
    const isOpen = answers.some(({ runs }) => runs.some(run => codeOf(run) === exitCodes.unknown))
    if (!isOpen && problems.length === 0) return answers
    await realClock.sleep(watchMs)
  }
}

/** A deadline that comes nearer is no news. */
const withoutSeconds = (text: string) => text.replaceAll(/\d+s/g, '')

/** `nicfix status --host h1`: what the host itself says of every run it knows. */
export function wireStatus(program: Command): void {
  const command = program
    .command('status')
    .description('what hosts say of their runs')
    .option('--watch', 'ask again until every run has ended; what changes is printed')
  withHosts(command).action(async (options: HostOptions & { watch?: boolean }) => {
    const hosts = await findHosts(options)
    if (options.watch) {
      const codes = (await watch(hosts, options)).flatMap(({ runs }) => runs.map(codeOf))
      process.exitCode = worst(codes)
      return
    }
    const { done: answers, problems } = await settle(hosts, options, askHost)
    if (options.json) printJson(answers)
    else for (const answer of answers) print(render(answer))
    reportProblems(problems)
    const codes = answers.flatMap(({ runs }) => runs.map(codeOf))
    process.exitCode = worst([...codes, ...problems.map(({ exitCode }) => exitCode)])
  })
}
