import type { Command } from 'commander'
import { exitCodes, worst } from '../model/exit.ts'
import type { Problem } from '../problems.ts'
import type { Host } from '../remote/host.ts'
import { shownKey } from '../remote/known-hosts.ts'
import { readOffers, type Offer } from '../remote/offer.ts'
import { trustKey } from '../remote/trust.ts'
import { knownHostsName } from '../remote/troubles.ts'
import { askFor } from './ask.ts'
import { findHosts } from './find-hosts.ts'
import { print, printJson, tell, withHosts } from './options.ts'
import type { HostOptions } from './options.ts'
import { reportProblems } from './problems.ts'
import { secretsOf } from './secrets.ts'
import { settle } from './settle.ts'

/** One line of the table: a host, or a jump host, which many hosts may share. */
type Row = Offer & { readonly name: string; readonly known: string }

/** `nicfix hosts trust --host h1`: all host keys that nobody knows in one table, and one question. */
export function wireHosts(program: Command): void {
  const hosts = program.command('hosts').description('what is known of host keys')
  const command = hosts
    .command('trust')
    .description('show the host keys that are not known yet, ask once, and add them to known_hosts')
  withHosts(command).action(trust)
}

async function trust(options: HostOptions): Promise<void> {
  const hosts = await findHosts(options)
  const { done, problems: failed } = await settle(hosts, options, each => offersOf(each, options))
  const rows = withoutTwins(done.flat())
  if (options.json) printJson(rows.map(toJson))
  else for (const line of toTable(rows)) print(line)
  const problems = [...failed, ...rows.flatMap(problemsOf)]
  reportProblems(problems)
  const fresh = rows.flatMap(row =>
    row.verdict.kind === 'new' ? [{ ...row, key: row.verdict.key }] : [],
  )
  const later = await addAll(fresh)
  reportProblems(later)
  const behind = rows.filter(row => row.verdict.kind === 'behind')
  if (behind.length > 0)
    tell(`behind a host that was not trusted: ${namesOf(behind)}; run this again for them`)
  const codes = [...problems, ...later].map(({ exitCode }) => exitCode)
  process.exitCode = worst([...codes, ...(behind.length > 0 ? [exitCodes.unreachable] : [])])
}

async function offersOf(host: Host, { sudoPasswordFile }: HostOptions): Promise<Row[]> {
  if (!host.ssh) return []
  const offers = await readOffers(host.name, host.ssh, secretsOf(sudoPasswordFile))
  return offers.map(offer => ({
    ...offer,
    name: offer.party.hop,
    known: knownHostsName(offer.party.settings),
  }))
}

/** Hosts behind the same jump host, and two names of one host, are one row each. */
function withoutTwins(rows: readonly Row[]): Row[] {
  const idOf = ({ name, known, verdict }: Row) =>
    JSON.stringify([name, known, 'key' in verdict ? shownKey(verdict.key) : verdict.kind])
  return [...new Map(rows.map(row => [idOf(row), row])).values()]
}

const namesOf = (rows: readonly Row[]): string => rows.map(({ name }) => name).join(', ')

function problemsOf({ verdict }: Row): readonly Problem[] {
  return verdict.kind === 'refused' ? verdict.problems : []
}

const words: Readonly<Record<Offer['verdict']['kind'], string>> = {
  new: 'NEW',
  trusted: 'known',
  authority: 'known by its certificate authority',
  behind: 'not looked at',
  refused: 'NOT TRUSTED, see below',
}

function toTable(rows: readonly Row[]): string[] {
  const cells = rows.map(({ name, known, verdict }) => {
    const key = 'key' in verdict ? shownKey(verdict.key) : { type: '', fingerprint: '' }
    return [name, known, key.type, key.fingerprint, words[verdict.kind]]
  })
  const all = [['host', 'known as', 'key', 'fingerprint', ''], ...cells]
  const widths = [0, 1, 2, 3].map(at => Math.max(...all.map(row => row[at]?.length ?? 0)))
  return all.map(row =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

function toJson({ name, known, verdict }: Row): object {
  const key = 'key' in verdict ? shownKey(verdict.key) : {}
  return { host: name, knownAs: known, verdict: verdict.kind, ...key }
}

/** @throws {Trouble} NF3002 when the answer is no, or nobody can be asked: then nothing is written */
async function addAll(rows: readonly (Row & { readonly key: Buffer })[]): Promise<Problem[]> {
  if (rows.length === 0) {
    tell('no new host key: nothing to add')
    return []
  }
  tell(
    'Compare each fingerprint with the host’s own, on its console: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub',
  )
  const keys = rows.length === 1 ? 'this key' : `these ${rows.length} keys`
  await askFor(`Trust ${keys}?`, 'run nicfix hosts trust on a terminal, or log in once with ssh')
  const problems: Problem[] = []
  let added = 0
  // One after the other: two names of one host are one line.
  for (const row of rows) {
    const { done, problems: failed } = await settle([row], { concurrency: 1 }, () =>
      trustKey(row.party, row.key),
    )
    added += done.filter(Boolean).length
    problems.push(...failed)
  }
  tell(`added ${added} of ${rows.length}`)
  return problems
}
