import type { AnyAuthMethod, AuthenticationType, BaseAgent, ParsedKey } from 'ssh2'
import { LockedKey, OrderedAgent } from './agents.ts'
import type { Deadline } from './deadline.ts'
import { readKeyFiles, type KeyFile } from './key-files.ts'
import { fingerprint } from './known-hosts.ts'
import { toPlain } from './plain.ts'
import type { Secrets } from './secrets.ts'
import type { LoginMethod } from './settings.ts'
import type { Party } from './troubles.ts'
import type { Way } from './way.ts'

/** The means for one login, asked for one by one by ssh2, and a record of what came of them. */
export type Login = {
  /** ssh2's authHandler: the next thing to try, or false when there is nothing left. May ask a person. */
  next(methodsLeft: readonly AuthenticationType[] | null): Promise<AnyAuthMethod | false>
  /** True when everything was tried in vain. */
  exhausted(): boolean
  /** Adds a line to what `tried` tells. */
  note(line: string): void
  tried(): { keys: readonly string[]; methods: readonly string[] }
}

/** One thing to try; undefined when it turns out that there is nothing. */
type Attempt = {
  readonly method: 'none' | LoginMethod
  readonly make: () => Promise<AnyAuthMethod | undefined>
}

/** As often as ssh lets a person answer (NumberOfPasswordPrompts). */
const answers = 3

/**
 * Prepares a login with the agent first and then the key files that the agent does not hold, as ssh does; at last
 * the host may ask a person. A file that cannot be used is noted, not fatal: another key may do.
 */
export async function prepareLogin(
  way: Pick<Way, 'party' | 'secrets' | 'deadline'>,
): Promise<Login> {
  const { settings } = way.party
  const { user: username, forbids = [] } = settings
  const files = forbids.includes('publickey') ? [] : await readKeyFiles(settings.keyFiles)
  const notes: string[] = []
  const agent =
    settings.agent === undefined || forbids.includes('publickey')
      ? undefined
      : new OrderedAgent(settings, files, notes)
  const isHeld = (key: Buffer | undefined): boolean =>
    key !== undefined && (agent?.held ?? []).some(each => each.equals(key))
  const person = settings.asksNobody || !way.secrets?.asks ? undefined : way.secrets
  const queue: Attempt[] = []
  // The type of ssh2 asks for an agent of any kind of key, which no agent is.
  const byAgent = (keys: OrderedAgent | LockedKey) =>
    ({ type: 'agent', username, agent: keys as unknown as BaseAgent }) as const
  if (agent) queue.push({ method: 'publickey', make: async () => byAgent(agent) })
  for (const each of files)
    queue.push({
      method: 'publickey',
      async make() {
        const { file, key, publicKey } = each
        if (isHeld(publicKey?.getPublicSSH())) return undefined
        const unlock = async () => key ?? (await open(each, person, way.deadline, notes))
        // Nobody is asked for the passphrase of a key that the host does not want.
        if (!key && publicKey && person && each.unlock) {
          notes.push(`tried ${describeKey(publicKey)} of ${file}`)
          return byAgent(new LockedKey(publicKey, unlock))
        }
        const opened = await unlock()
        if (!opened || isHeld(opened.getPublicSSH())) return undefined
        notes.push(`tried ${describeKey(opened)} of ${file}`)
        return { type: 'publickey', username, key: opened }
      },
    })
  if (person && !forbids.includes('keyboard-interactive'))
    for (let turn = 0; turn < answers; turn++)
      queue.push({
        method: 'keyboard-interactive',
        make: async () => interactive(way.party, person, way.deadline, notes),
      })
  // With nothing at all: at least hear which methods the host would take.
  if (queue.length === 0)
    queue.push({ method: 'none', make: async () => ({ type: 'none', username }) })
  let methods: readonly string[] = []
  let exhausted = false
  return {
    async next(methodsLeft) {
      if (methodsLeft) methods = methodsLeft
      for (let attempt = queue.shift(); attempt; attempt = queue.shift()) {
        if (methodsLeft && !(methodsLeft as readonly string[]).includes(attempt.method)) continue
        const made = await attempt.make()
        if (made) return made
      }
      exhausted = true
      return false
    },
    exhausted: () => exhausted,
    note: line => void notes.push(line),
    tried: () => ({ keys: [...notes, ...describeFaults(files, isHeld)], methods }),
  }
}

/** The key of a file, after asking for its passphrase if need be. */
async function open(
  { file, key, unlock }: KeyFile,
  person: Secrets | undefined,
  deadline: Deadline,
  notes: string[],
): Promise<ParsedKey | undefined> {
  if (key || !unlock || !person) return key
  const question = `Passphrase of the key ${file}: `
  for (let turn = 0; turn < answers; turn++) {
    const phrase = await deadline.pause(person.recall(question))
    // Just pressing return leaves the key out, as with ssh.
    if (phrase === undefined || phrase === '') return undefined
    const opened = unlock(phrase)
    if (opened) return opened
    await person.forget(question, phrase)
  }
  notes.push(`the passphrase of ${file} was wrong`)
  return undefined
}

/** Lets the host ask, one question at a time and after the name of the host; what is a secret is its business. */
function interactive(
  { hop, settings }: Party,
  person: Secrets,
  deadline: Deadline,
  notes: string[],
): AnyAuthMethod {
  notes.push('tried keyboard-interactive')
  return {
    type: 'keyboard-interactive',
    username: settings.user,
    prompt(name, instructions, _language, prompts, finish) {
      const ask = async (): Promise<string[]> => {
        const given: string[] = []
        const before = [name, instructions].map(text => text.trim()).filter(text => text !== '')
        for (const { prompt, echo = false } of prompts) {
          const question = [...before.splice(0), `(${settings.user}@${hop}) ${prompt}`].join('\n')
          given.push((await person.ask(toPlain(question), echo)) ?? '')
        }
        return given
      }
      deadline.pause(ask()).then(finish, () => finish([]))
    },
  }
}

function describeKey(key: ParsedKey): string {
  return `${key.type} ${fingerprint(key.getPublicSSH())}`
}

function describeFaults(
  files: readonly KeyFile[],
  isHeld: (key: Buffer | undefined) => boolean,
): string[] {
  return files.flatMap(({ file, fault, publicKey }) =>
    fault === undefined || isHeld(publicKey?.getPublicSSH()) ? [] : [`not tried: ${file} ${fault}`],
  )
}
