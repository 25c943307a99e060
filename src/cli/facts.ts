import type { Command } from 'commander'
import { worst } from '../model/exit.ts'
import { printJson, withHosts } from './options.ts'
import type { HostOptions } from './options.ts'
import { probeHost } from './probe.ts'
import { findHosts } from './find-hosts.ts'
import { reportProblems } from './problems.ts'
import { settle } from './settle.ts'

/** `nicfix facts --host h1`: the probe's findings as JSON; of several hosts one object, by name. */
export function wireFacts(program: Command): void {
  const command = program.command('facts').description('what the read-only probe finds on a host')
  withHosts(command).action(async (options: HostOptions) => {
    const hosts = await findHosts(options)
    const { done: found, problems } = await settle(hosts, options, async host => {
      const { facts } = await probeHost(host, [], { keep: false })
      return [host.name, facts] as const
    })
    if (hosts.length > 1) printJson(Object.fromEntries(found))
    else if (found[0]) printJson(found[0][1])
    reportProblems(problems)
    process.exitCode = worst(problems.map(({ exitCode }) => exitCode))
  })
}
