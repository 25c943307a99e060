import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { execa } from 'execa'
import type { Exit } from '../model/exit.ts'
import { quoteAll } from '../quote.ts'
import { listenForQuestions, type Askpass } from './askpass.ts'
import type { RunOptions } from './host.ts'
import { readKnownHosts } from './login.ts'
import { commandWords, masterWords } from './openssh-arguments.ts'
import { explainLog, isLoggedIn, lastWords, readHostKey } from './openssh-log.ts'
import { collect, defaultLimitBytes, divide, type Collector } from './output.ts'
import { runProgram } from './process.ts'
import { parallelCommands, retriesMs, type Shell } from './shell.ts'
import { makeSlots } from './slots.ts'
import { toParty, unreachable, type Party } from './troubles.ts'
import type { Way } from './way.ts'

/** One `ssh` that is logged in, and the private directory with its socket and its logs. */
type Master = {
  readonly folder: string
  readonly socket: string
  readonly program: ReturnType<typeof spawn>
  readonly askpass: Askpass | undefined
  readonly logOf: (hop: number) => string
  /** What a banner or a program of the configuration said. */
  readonly aside: Collector
}

/**
 * Connects by the `ssh` program of OpenSSH: one authenticated connection with a socket (ControlMaster) in a directory
 * of its own, over which each command is a channel. Two calls are two connections: nothing is shared between them.
 * @throws {Trouble} NF6001 to NF6004 and NF6006, as with ssh2; nothing stays behind then.
 */
export async function openByOpenssh(way: Way): Promise<Shell> {
  const folder = await mkdtemp(join(tmpdir(), 'nicfix-ssh-'))
  const master = await start(way, folder)
  try {
    await way.deadline.race(
      becomeReady(master, way.party),
      () => tooLate(way),
      () => undefined,
    )
  } catch (error) {
    await end(master)
    throw error
  }
  const last = way.party.settings.jumps.length
  const hostKey = readHostKey(await readLog(master.logOf(last)))?.fingerprint ?? ''
  let death: string | undefined
  void master.program.then(async () => {
    death ??= lastWords(await readLog(master.logOf(last))) ?? 'the ssh program ended'
    await end(master)
  })
  const slots = makeSlots(parallelCommands)
  return {
    hostKey,
    async run(text, options) {
      const late = Symbol('late')
      const began = sleep(options.timeoutMs, late, { ref: false })
      const slot = slots.take()
      try {
        if ((await Promise.race([slot, began])) === late)
          return lost(`no end within ${options.timeoutMs / 1000} s`)
        if (death !== undefined) return lost(death)
        return await runOver(master, text, options, () => death)
      } finally {
        void slot.then(() => slots.give())
      }
    },
    async close() {
      death ??= 'nicfix closed the connection'
      await end(master)
    },
  }
}

const ready = 'nicfix-ready'

async function start(
  { party, secrets, keepaliveMs, deadline }: Way,
  folder: string,
): Promise<Master> {
  const logOf = (hop: number): string => join(folder, `log.${hop}`)
  const socket = join(folder, 'master')
  const { settings } = party
  const asks = secrets?.asks === true && !settings.asksNobody
  const askpass = asks
    ? await listenForQuestions(join(folder, 'ask'), secrets, deadline)
    : undefined
  const habits = { keepaliveMs, timeoutMs: deadline.timeoutMs, asks, logOf }
  const program = spawn(masterWords(party, socket, ready, habits), {
    ...askpass?.env,
    // The jump hosts are written for a POSIX shell.
    ...(settings.jumps.length > 0 ? { SHELL: '/bin/sh' } : {}),
  })
  program.stdin.on('error', () => undefined)
  const aside = collect(64 * 1024)
  program.stderr.on('data', (piece: Buffer) => aside.add(piece))
  return { folder, socket, program, askpass, logOf, aside }
}

function spawn(words: readonly string[], env: Readonly<Record<string, string>>) {
  return execa('ssh', words, {
    reject: false,
    buffer: false,
    // Held open: when nicfix dies, however it does, the connection ends.
    stdin: 'pipe',
    // A session of its own: ^C in the terminal must not end it, and it must not ask there by itself.
    detached: true,
    cleanup: false,
    env,
  })
}

/** Waits until a command runs over there; a login shell may print something first. */
async function becomeReady(master: Master, party: Party): Promise<void> {
  const { program } = master
  const said = new Promise<boolean>(resolve => {
    let text = ''
    program.stdout.on('data', (piece: Buffer) => {
      text = (text + piece.toString('latin1')).slice(-4096)
      if (text.includes(ready)) resolve(true)
    })
    void program.then(() => resolve(false))
  })
  if (!(await said)) throw await explain(party, master, (await program).code)
}

/** The first host of the way that did not let ssh in is the one to tell of. */
async function explain(
  party: Party,
  { logOf, aside }: Master,
  code: string | undefined,
): Promise<Error> {
  if (code === 'ENOENT')
    return unreachable(party, 'there is no ssh program here', 'Install openssh-client.')
  const { host, settings } = party
  const hops = [...settings.jumps.map(each => toParty(host, each)), party]
  let before = ''
  for (const [at, hop] of hops.entries()) {
    const log = await readLog(logOf(at))
    const isLast = at === hops.length - 1
    if (isLast || !isLoggedIn(log)) {
      if (isLoggedIn(log))
        return unreachable(
          hop,
          'it lets nobody run a command',
          'Check the login shell of the user, and MaxSessions (2 or more) in its sshd_config.',
        )
      const known = await readKnownHosts(hop.settings)
      return explainLog(hop, { log, before, aside: aside.text() }, known)
    }
    before = log
  }
  throw new Error('a way without hosts')
}

function tooLate({ party, deadline }: Way): Error {
  return unreachable(
    party,
    `the login did not end within ${deadline.timeoutMs / 1000} s`,
    'Check that the host is up, its load, and your agent (ssh-add -l).',
  )
}

const readLog = (file: string): Promise<string> => readFile(file, 'utf8').catch(() => '')

async function end({ program, folder, askpass }: Master): Promise<void> {
  askpass?.close()
  program.stdin.end()
  program.kill()
  const timer = setTimeout(() => program.kill('SIGKILL'), 1000)
  await program
  clearTimeout(timer)
  await rm(folder, { recursive: true, force: true })
}

const lost = (why: string): Exit => ({ kind: 'lost', why, stdout: '', stderr: '' })

/** Runs a command and has its shell say how it ended: what ssh itself returns is 255 for half a dozen reasons. */
const wrapper = `exec 3>&2 2>/dev/null
(exec 2>&3 3>&-; exec sh -c "$1"); status=$?
printf %s "$2$status" >&3
exit "$status"`

async function runOver(
  master: Master,
  text: string,
  options: RunOptions,
  death: () => string | undefined,
  retry = 0,
): Promise<Exit> {
  const mark = `nicfix-end-${randomBytes(12).toString('hex')}=`
  const log = join(master.folder, `command.${mark}`)
  const wrapped = `exec ${quoteAll(['sh', '-c', wrapper, 'nicfix', text, mark])}`
  const limit = options.limitBytes ?? defaultLimitBytes
  const stderr = divide(mark, collect(limit, options.onStderr))
  const exit = await runProgram('ssh', commandWords(master.socket, wrapped, log), {
    ...options,
    // Without any, ssh would take the terminal's.
    stdin: options.stdin ?? '',
    stderr,
    endsLate: true,
  })
  const status = stderr.tail()
  const said = await readLog(log)
  await rm(log, { force: true })
  if (status !== undefined && exit.kind !== 'lost') return readStatus(Number(status), exit)
  if (exit.kind === 'lost' || (exit.kind === 'exited' && exit.code !== 255)) return exit
  const waitMs = retriesMs[retry]
  // The host has no session free. The command did not start, so nothing is done twice.
  if (/Session open refused by peer/.test(said) && waitMs !== undefined && death() === undefined) {
    await sleep(waitMs)
    return runOver(master, text, options, death, retry + 1)
  }
  // The end of the connection is heard of a moment after the end of its channels.
  if (death() === undefined) await sleep(50)
  const why = death() ?? 'the channel was closed without an exit status'
  return { kind: 'lost', why, stdout: exit.stdout, stderr: exit.stderr }
}

/** To a shell the end by a signal is 128 and its number; nobody can tell it from an exit with that code. */
function readStatus(status: number, { stdout, stderr }: Exit): Exit {
  const signal = Object.entries(constants.signals).find(
    ([, number]) => number === status - 128,
  )?.[0]
  return signal === undefined
    ? { kind: 'exited', code: status, stdout, stderr }
    : { kind: 'killed', signal, stdout, stderr }
}
