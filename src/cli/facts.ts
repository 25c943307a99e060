import type { Command } from 'commander'
import { worst } from '../model/exit.ts'
import { lookupOf, printJson, withHosts } from './options.ts'
import type { HostOptions } from './options.ts'
import { probeHost } from './probe.ts'
import { resolveHosts } from './hosts.ts'
import { reportProblems } from './problems.ts'
import { problemOf } from '../run/said.ts'

/** `nicfix facts --host h1`: the probe's findings as JSON; of several hosts one object, by name. */
export function wireFacts(program: Command): void {
  const command = program.command('facts').description('what the read-only probe finds on a host')
  withHosts(command).action(async (options: HostOptions) => {
    const hosts = await resolveHosts(options.host, lookupOf(options))
    const results = await Promise.allSettled(
      hosts.map(async host => {
        const { connection, facts } = await probeHost(host, [])
        await connection.close()
        return [host.name, facts] as const
      }),
    )
    const found = results.flatMap(each => (each.status === 'fulfilled' ? [each.value] : []))
    const failed = results.flatMap(each =>
      each.status === 'rejected' ? [problemOf(each.reason)] : [],
    )
    if (hosts.length > 1) printJson(Object.fromEntries(found))
    else if (found[0]) printJson(found[0][1])
    reportProblems(failed)
    process.exitCode = worst(failed.map(({ exitCode }) => exitCode))
  })
}
