import type { Command } from 'commander'
import { parseAnswer, statusOfAllCommand } from '../host/protocol.ts'
import { hostScript } from '../host/script.ts'
import { exitCodes, worst } from '../model/exit.ts'
import type { TxStatus } from '../model/tx.ts'
import { problem, Trouble } from '../problems.ts'
import type { Host } from '../remote/host.ts'
import { renderStatus } from '../report/status.ts'
import { linesOf, problemOf } from '../run/said.ts'
import { resolveHosts } from './hosts.ts'
import { lookupOf, print, printJson, withHosts } from './options.ts'
import type { HostOptions } from './options.ts'
import { reportProblems } from './problems.ts'

const askMs = 30_000

async function askHost(host: Host): Promise<TxStatus[]> {
  const connection = await host.connect()
  try {
    const stdin = hostScript()
    const exit = await connection.run(statusOfAllCommand, { stdin, timeoutMs: askMs })
    const answer = exit.kind === 'exited' ? parseAnswer(exit.stdout) : null
    if (answer?.kind === 'blocks') return answer.blocks.map(({ status }) => status)
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

function render(host: string, blocks: readonly TxStatus[]): string {
  if (blocks.length === 0) return `${host}\n  no runs`
  return [host, ...blocks.map(each => renderStatus(host, each))].join('\n')
}

/** `nicfix status --host h1`: what the host itself says of every run it knows. */
export function wireStatus(program: Command): void {
  const command = program.command('status').description('what hosts say of their runs')
  withHosts(command).action(async (options: HostOptions) => {
    const hosts = await resolveHosts(options.host, lookupOf(options))
    const results = await Promise.allSettled(hosts.map(askHost))
    const answers = results.flatMap((each, at) =>
      each.status === 'fulfilled' ? [{ host: hosts[at]?.name ?? '', runs: each.value }] : [],
    )
    const failed = results.flatMap(each =>
      each.status === 'rejected' ? [problemOf(each.reason)] : [],
    )
    if (options.json) printJson(answers)
    else for (const { host, runs } of answers) print(render(host, runs))
    reportProblems(failed)
    const codes = answers.flatMap(({ runs }) => runs.map(codeOf))
    process.exitCode = worst([...codes, ...failed.map(({ exitCode }) => exitCode)])
  })
}
