import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { Trouble, type Problem } from '../problems.ts'
import { listenForQuestions } from './askpass.ts'
import { startDeadline } from './deadline.ts'
import {
  findAuthority,
  hostKeyAlgorithms,
  judgeHostKey,
  parseKnownHosts,
  shownKey,
} from './known-hosts.ts'
import { readKnownHosts } from './login.ts'
import { offerWords } from './openssh-arguments.ts'
import { explainLog } from './openssh-log.ts'
import type { Secrets } from './secrets.ts'
import type { SshSettings } from './settings.ts'
import { hostKeyTrouble, knownAs, toParty, type Party } from './troubles.ts'

/** What is known of one host key, before anybody trusts it. */
export type Offer = {
  readonly party: Party
  readonly verdict:
    | { readonly kind: 'new' | 'trusted'; readonly key: Buffer }
    /** A certificate authority vouches for this host: there is no key to trust. */
    | { readonly kind: 'authority' }
    /** Not looked at, because the host before it is not trusted yet. */
    | { readonly kind: 'behind'; readonly hop: string }
    | { readonly kind: 'refused'; readonly problems: readonly Problem[] }
}

const timeoutMs = 15_000

/**
 * The keys that a host and the jump hosts before it show, in the order of the way. Nobody logs in to a host whose key is
 * not trusted, so what is behind it stays unseen. Nothing is written.
 */
export async function readOffers(
  name: string,
  settings: SshSettings,
  secrets: Secrets | undefined,
): Promise<Offer[]> {
  const { jumps } = settings
  const offers: Offer[] = []
  const way = [...jumps.map(jump => toParty(name, jump)), { host: name, hop: name, settings }]
  for (const [at, { host, hop, settings: own }] of way.entries()) {
    const party = { host, hop, settings: { ...own, jumps: jumps.slice(0, at) } }
    const before = offers.at(-1)
    const isOpen = !before || ['trusted', 'authority'].includes(before.verdict.kind)
    const verdict: Offer['verdict'] = isOpen
      ? await look(party, secrets)
      : { kind: 'behind', hop: before.party.hop }
    offers.push({ party, verdict })
  }
  return offers
}

async function look(party: Party, secrets: Secrets | undefined): Promise<Offer['verdict']> {
  const known = await readKnownHosts(party.settings)
  const name = knownAs(party.settings)
  if (findAuthority(known, name)) return { kind: 'authority' }
  try {
    const key = await readOffer(party, hostKeyAlgorithms(known, name), secrets)
    const verdict = judgeHostKey(known, name, key)
    if (verdict.kind === 'unknown') return { kind: 'new', key }
    if (verdict.kind === 'trusted') return { kind: 'trusted', key }
    throw hostKeyTrouble(party, verdict, shownKey(key))
  } catch (error) {
    if (error instanceof Trouble) return { kind: 'refused', problems: error.problems }
    throw error
  }
}

/** Has ssh write the key that a host shows into a file of its own, and go no further: no login is tried. */
async function readOffer(
  party: Party,
  algorithms: readonly string[],
  secrets: Secrets | undefined,
): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'nicfix-ssh-'))
  const deadline = startDeadline(timeoutMs)
  const asks = secrets?.asks === true
  const askpass = asks
    ? await listenForQuestions(join(folder, 'ask'), secrets, deadline)
    : undefined
  try {
    const logOf = (hop: number): string => join(folder, `log.${hop}`)
    const file = join(folder, 'offered')
    const habits = { keepaliveMs: 3000, timeoutMs, asks, logOf }
    const program = execa('ssh', offerWords(party, file, algorithms, habits), {
      reject: false,
      stdin: 'ignore',
      detached: true,
      env: { ...askpass?.env, SHELL: '/bin/sh' },
    })
    const { stderr } = await deadline
      .race(program, tooLate, () => void program.kill())
      .catch(() => ({ stderr: '' }))
    const [line] = parseKnownHosts(await readText(file), file)
    if (line) return line.key
    const { jumps } = party.settings
    const [log, before] = await Promise.all(
      [logOf(jumps.length), logOf(jumps.length - 1)].map(readText),
    )
    const known = await readKnownHosts(party.settings)
    throw explainLog(party, { log: log ?? '', before: before ?? '', aside: stderr }, known)
  } finally {
    askpass?.close()
    deadline.clear()
    await rm(folder, { recursive: true, force: true })
  }
}

// What came of it is told by the log.
const tooLate = () => new Error('too late')

const readText = (file: string): Promise<string> => readFile(file, 'utf8').catch(() => '')
