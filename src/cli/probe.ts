import { probeScript } from '../facts/probe.ts'
import type { Facts } from '../model/facts.ts'
import { problem, Trouble } from '../problems.ts'
import type { Connection, Host } from '../remote/host.ts'
import { realClock } from '../run/clock.ts'
import { readFacts } from '../run/real-tools.ts'
import { linesOf } from '../run/said.ts'
import type { AtOnce } from './options.ts'

export type Probed = {
  readonly host: Host
  /** Missing where it was not to be kept. */
  readonly connection?: Connection
  readonly facts: Facts
  readonly probedAtMs: number
}

const probeMs = 180_000

/** However many hosts are changed at once: each answer is long until it is read, and nothing is in a hurry yet. */
const looksAtOnce = 20

export const looksOf = ({ concurrency }: AtOnce): AtOnce => ({
  concurrency: Math.min(concurrency, looksAtOnce),
})

/** Connections of hosts that have to wait for their turn would only grow old. */
export const keepFor = (hosts: readonly unknown[], { concurrency }: AtOnce) => ({
  keep: hosts.length <= concurrency,
})

/**
 * Connects and looks, in one round trip. With `keep` the connection stays open for what follows.
 * @throws {Trouble} NF6xxx, NF2040
 */
export async function probeHost(
  host: Host,
  commands: readonly string[],
  { keep }: { readonly keep: boolean },
): Promise<Probed> {
  const connection = await host.connect()
  try {
    const stdin = probeScript(commands)
    const exit = await connection.run('sh -s', { stdin, timeoutMs: probeMs })
    if (exit.kind !== 'exited' || exit.code !== 0) {
      const next = 'run it again; if it stays so, look at the host by hand'
      const details = linesOf(exit)
      const message = 'the probe did not run to its end'
      throw new Trouble(problem('NF2040', message, next, { details, host: host.name }))
    }
    const facts = readFacts(exit.stdout)
    const probed = { host, facts, probedAtMs: realClock.nowMs() }
    if (keep) return { ...probed, connection }
    await connection.close()
    return probed
  } catch (error) {
    await connection.close()
    throw error
  }
}
