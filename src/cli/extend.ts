import type { Command } from 'commander'
import { isTxId, parseAnswer, txCommand, txExit } from '../host/protocol.ts'
import { worst } from '../model/exit.ts'
import type { TxStatus } from '../model/tx.ts'
import { problem, Trouble } from '../problems.ts'
import type { Host } from '../remote/host.ts'
import { renderStatus } from '../report/status.ts'
import { linesOf } from '../run/said.ts'
import { findHosts } from './find-hosts.ts'
import { print, printJson, withHosts } from './options.ts'
import type { HostOptions } from './options.ts'
import { reportProblems } from './problems.ts'
import { settle } from './settle.ts'

const askMs = 30_000

type Extended = { readonly host: string; readonly run: TxStatus }

/**
 * Lets the window in which a host waits for the confirmation begin anew; the host does so for 15 minutes at the most.
 * @throws {Trouble} NF5003 for a run that the host does not know, NF5004 where there is no such window or no more of
 * it, NF5002 when the host does not say what came of it.
 */
export async function extendOn(host: Host, run: string): Promise<Extended> {
  const connection = await host.connect()
  try {
    const exit = await connection.run(txCommand(run, 'extend'), { timeoutMs: askMs })
    const answer = exit.kind === 'exited' && exit.code === 0 ? parseAnswer(exit.stdout) : null
    const status = answer?.kind === 'blocks' ? answer.blocks.at(0)?.status : undefined
    if (status) return { host: host.name, run: status }
    const [why = '', ...details] = linesOf(exit)
    const code = exit.kind === 'exited' ? exit.code : null
    const more = { details, host: host.name }
    const ask = `nicfix status --host ${host.name}`
    if (code === txExit.noTransaction || isNoScript(code))
      throw new Trouble(problem('NF5003', `${host.name} knows no run ${run}`, ask, more))
    if (code === txExit.tooLate || code === txExit.refused || code === txExit.failedState)
      throw new Trouble(problem('NF5004', why, ask, more))
    throw new Trouble(problem('NF5002', why, ask, more))
  } finally {
    await connection.close()
  }
}

/** sh(1) without the file that it is to read: 2 of dash and busybox, 127 of bash and mksh. */
const isNoScript = (code: number | null) => code === 2 || code === 127

async function extend(run: string, options: HostOptions): Promise<void> {
  if (!isTxId(run)) throw new Trouble(problem('NF5003', `${run} is no run`, 'nicfix status'))
  const hosts = await findHosts(options)
  const { done, problems } = await settle(hosts, options, host => extendOn(host, run))
  if (options.json) printJson(done)
  else for (const each of done) print(`${each.host}\n${renderStatus(each.host, each.run)}`)
  reportProblems(problems)
  process.exitCode = worst(problems.map(({ exitCode }) => exitCode))
}

/** `nicfix extend RUN --host h1`. */
export function wireExtend(program: Command): void {
  const command = program
    .command('extend')
    .description('give a run that waits for its confirmation its whole time once more')
    .argument('<run>')
  withHosts(command).action(extend)
}
