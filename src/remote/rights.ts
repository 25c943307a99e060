import { randomBytes } from 'node:crypto'
import type { Exit } from '../model/exit.ts'
import { problem, Trouble } from '../problems.ts'
import type { Deadline } from './deadline.ts'
import type { Connection, RunOptions } from './host.ts'
import { piecesOf } from './input.ts'
import type { Secrets } from './secrets.ts'
import type { Shell } from './shell.ts'
import { afterMark, asRoot, asRootWith, readComplaint, readRights, rightsProbe } from './sudo.ts'
import { rootTrouble } from './troubles.ts'

export type Asker = {
  readonly host: string
  readonly user: string
  readonly secrets: Secrets | undefined
  readonly deadline: Deadline
}

/**
 * How commands run as root over this connection. It costs nothing for root, one round trip for anybody whom sudo asks
 * nothing, and one more where it wants a password.
 * @throws {Trouble} NF6005 without root, NF6003 when the connection ends meanwhile.
 */
export async function becomeRoot(shell: Shell, asker: Asker): Promise<Connection['run']> {
  const { host, user, secrets, deadline } = asker
  const plain =
    (rights: 'root' | 'sudo'): Connection['run'] =>
    (command, options) =>
      shell.run(asRoot(command, rights), options)
  if (user === 'root') return plain('root')
  const exit = await ask(asker, shell.run(asRoot(rightsProbe, 'root'), soon(deadline)))
  const rights = readRights(exit.stdout)
  if (rights === 'root' || rights === 'sudo') return plain(rights)
  const said = rights === 'no-sudo' ? ['sudo is not installed there'] : readComplaint(exit.stderr)
  // Only this is about a password; all else would be no better with one.
  const wantsPassword = said.some(line => /password is required/i.test(line))
  if (!wantsPassword || !secrets) throw rootTrouble(host, user, said)
  const password = await deadline.pause(secrets.sudoPassword(user))
  if (password === undefined) throw rootTrouble(host, user, said)
  const { text } = asRootWith(password, 'id -u', makeMark())
  // Nothing follows: a sudo that did not like the password must not take the next line for another one.
  const stdin = `${password}\n`
  const proof = await ask(asker, shell.run(text, { ...soon(deadline), stdin }))
  if (proof.kind === 'exited' && proof.code === 0 && /^0$/m.test(proof.stdout))
    return runWith(shell, password)
  throw rootTrouble(host, user, readComplaint(proof.stderr))
}

const soon = ({ timeoutMs }: Deadline): RunOptions => ({ timeoutMs })

async function ask({ host, deadline }: Asker, asking: Promise<Exit>): Promise<Exit> {
  const fail = (what: string, next: string) =>
    new Trouble(problem('NF6003', `${host} cannot be reached: ${what}.`, next, { host }))
  const late = () => fail('it does not answer', 'Check the load of the host.')
  const exit = await deadline.race(asking, late, () => undefined)
  if (exit.kind === 'lost') throw fail(exit.why, 'Try again.')
  return exit
}

const makeMark = (): string => `nicfix-${randomBytes(12).toString('hex')}`

/** Runs commands by a sudo that wants this password each time. */
function runWith(shell: Shell, password: string): Connection['run'] {
  return async (command, options) => {
    const mark = makeMark()
    const { text, input } = asRootWith(password, command, mark)
    const { onStderr } = options
    const stdin = [...piecesOf(input), ...piecesOf(options.stdin)]
    const exit = await shell.run(text, {
      ...options,
      stdin,
      ...(onStderr ? { onStderr: hearAfter(mark, onStderr) } : {}),
    })
    // Before the mark only sudo has spoken: its prompt, or why it did not do it.
    return { ...exit, stderr: afterMark(exit.stderr, mark) ?? exit.stderr }
  }
}

/** Passes on what comes after the mark; of what comes before it no more is kept than could be a part of it. */
export function hearAfter(mark: string, listener: (text: string) => void): (text: string) => void {
  let held: string | undefined = ''
  return text => {
    if (held === undefined) return listener(text)
    const whole: string = held + text
    const rest = afterMark(whole, mark)
    held = rest === undefined ? whole.slice(-mark.length) : undefined
    if (rest === undefined) return
    if (rest !== '') listener(rest)
  }
}
