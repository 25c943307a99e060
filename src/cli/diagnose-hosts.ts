import { bundleLimits, isLog, knownPorts, sinceOf } from '../diagnose/bundle.ts'
import { readCollected } from '../diagnose/collected.ts'
import { collectScript, readCollection } from '../diagnose/collect.ts'
import { diagnose } from '../diagnose/diagnose.ts'
import { startGathering } from '../diagnose/gather.ts'
import { Unreadable } from '../facts/fact.ts'
import type { Diagnosis } from '../model/diagnosis.ts'
import { exitCodes } from '../model/exit.ts'
import type { Problem } from '../problems.ts'
import { problem, Trouble } from '../problems.ts'
import type { Host } from '../remote/host.ts'
import { linesOf } from '../run/said.ts'
import { writeBundle } from './bundle-file.ts'
import type { DiagnoseOptions } from './diagnose.ts'
import { findHosts } from './find-hosts.ts'
import { tell } from './options.ts'
import { settle } from './settle.ts'
import { readVersion } from './version.ts'

/** Long enough for two readings to differ, and for nobody to wait. */
const shortWatch = 5
const outputBytes = 64 * 1024 * 1024
const collectMs = 180_000

/** Looks at hosts in one round trip each. Nothing on them is changed. */
export async function diagnoseHosts(
  options: DiagnoseOptions,
): Promise<{ diagnoses: Diagnosis[]; problems: Problem[] }> {
  const hosts = await findHosts(options)
  if (options.collect !== undefined && hosts.length > 1) {
    const next = 'take one host at a time with --collect'
    const more = { exitCode: exitCodes.usage }
    throw new Trouble(problem('NF3006', 'a bundle is of one host', next, more))
  }
  const watched = options.watch ?? shortWatch
  if (watched > shortWatch) tell(`watching for ${watched} s`)
  const { done, problems } = await settle(hosts, options, host => look(host, watched, options))
  return { diagnoses: done, problems }
}

async function look(host: Host, watched: number, options: DiagnoseOptions): Promise<Diagnosis> {
  const parts = await collect(host, watched, options.since ?? null)
  if (/^ethtool no$/m.test(parts.get('meta') ?? ''))
    tell(`warning: ${host.name} has no ethtool: what its drivers count and are set to is not known`)
  if (options.collect !== undefined) {
    await writeBundle(options.collect, parts)
    tell(`what was read of ${host.name} is kept in ${options.collect}`)
  }
  return diagnoseParts(parts, host.name, options)
}

async function collect(
  host: Host,
  watchSeconds: number,
  sinceSeconds: number | null,
): Promise<Map<string, string>> {
  const connection = await host.connect()
  try {
    const exit = await connection.run('sh -s', {
      stdin: collectScript({ watchSeconds, sinceSeconds }),
      timeoutMs: collectMs + watchSeconds * 1000,
      limitBytes: outputBytes,
    })
    if (exit.kind !== 'exited' || exit.code !== 0) throw refuse(host, linesOf(exit))
    return readCollection(exit.stdout)
  } catch (error) {
    if (error instanceof Unreadable) throw refuse(host, [error.message])
    throw error
  } finally {
    await connection.close()
  }
}

function refuse({ name }: Host, details: readonly string[]): Trouble {
  const message = 'the host did not tell everything that was asked'
  const next = 'run it again; if it stays so, look at the host by hand'
  return new Trouble(problem('NF2040', message, next, { details, host: name }))
}

/** The same as for a bundle of those parts. */
export function diagnoseParts(
  parts: ReadonlyMap<string, string>,
  host: string,
  { nic, since }: Pick<DiagnoseOptions, 'nic' | 'since'>,
): Diagnosis {
  const collected = readCollected(parts)
  const gathering = startGathering(knownPorts(collected), sinceOf(since ?? null, collected))
  for (const [path, text] of parts) {
    if (!isLog(path)) continue
    const log = gathering.open(path)
    const bytes = Buffer.from(text)
    // In pieces, as from a file.
    for (let at = 0; at < Math.min(bytes.length, bundleLimits.logBytes); at += 1 << 20)
      log.push(bytes.subarray(at, at + (1 << 20)))
    log.end()
  }
  return diagnose(gathering.end(), { nicfix: readVersion(), host, nic: nic ?? null }, collected)
}
