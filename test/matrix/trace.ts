import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { constants, openSync, readFileSync, rmSync } from 'node:fs'
import { Socket } from 'node:net'
import { environment } from '../host/sim/ran.ts'
import type { Ran } from '../host/sim/ran.ts'

// Everything that changes a file, a name or what is durable; dup2 and dup3 follow the open() of a redirection, which
// may have emptied a file. Not copy_file_range: with a signal pending it starts anew for ever.
const changing = [
  'write,writev,pwrite64,pwritev,truncate,ftruncate,fallocate',
  'rename,renameat,renameat2,link,linkat,symlink,symlinkat,unlink,unlinkat,mkdir,mkdirat,rmdir',
  'chmod,fchmod,fchmodat,chown,fchown,lchown,fchownat,utimensat',
  'fsync,fdatasync,sync,syncfs,dup2,dup3',
].join(',')

/** A process that has just done one call, and stands still. */
export type Stop = {
  readonly pid: number
  /** The call as strace shows it, with the paths of its descriptors. */
  readonly call: string
}

/** What is to be done with the process that stopped. */
export type Verdict = 'go on' | 'kill' | 'kill its group'

export type Traced = {
  /** The command's own end; what it left running may go on under trace. */
  readonly ran: Promise<Ran>
  /** The end of the last process under trace. */
  readonly over: Promise<void>
  readonly child: ChildProcess
  /** What took strace itself away, and left stopped what it had stopped; null where nothing did. */
  readonly fault: () => string | null
}

export type Judge = (stop: Stop) => Verdict

let traces = 0

/**
 * Runs a command so that it, and all that it starts, stops after each call that changes something, until `judge` has
 * said what becomes of it. strace counts `when=` for each process alone, so it cannot pick the K-th call of many.
 *
 * @param input null: nothing, and no end of it either, as for a host, which is up until that end
 */
export function trace(
  argv: readonly string[],
  input: string | Uint8Array | null,
  judge: Judge,
): Traced {
  const fifo = `/tmp/nicfix-trace-${process.pid}-${traces++}`
  if (spawnSync('mkfifo', [fifo]).status !== 0) throw new Error(`cannot make ${fifo}`)
  // Opened for both directions, so that neither side waits for the other; the end comes with that of strace.
  const lines = new Socket({ fd: openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK) })
  const options = ['-f', '-y', '-qq', '-s', '0', '-o', fifo]
  const inject = ['-e', `trace=${changing}`, '-e', `inject=${changing}:signal=STOP`]
  const child = spawn('strace', [...options, ...inject, ...argv], { env: environment })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  readStops(lines, stop => {
    const verdict = judge(stop)
    if (verdict !== 'go on') untilAsleep(child.pid ?? 0)
    obey(stop, verdict)
  })
  child.stdin.on('error', () => {})
  if (input !== null) child.stdin.end(input)
  const over = new Promise<void>((resolve, reject) => {
    child.on('error', reject).on('exit', () => {
      lines.destroy()
      rmSync(fifo, { force: true })
      resolve()
    })
  })
  const fault = () => /^strace: ptrace.*$/m.exec(said)?.[0] ?? null
  return { ran: collect(child.stdout, () => said, over), over, child, fault }
}

/** Says how the command ended in a line of its own: strace itself stays for what the command leaves behind. */
export const endMark = 'nicfix-test-end'
export const withEndMark = (text: string) => `(${text}); echo "${endMark} $?"`

function collect(
  stdout: NodeJS.ReadableStream,
  stderr: () => string,
  over: Promise<void>,
): Promise<Ran> {
  let said = ''
  return new Promise((resolve, reject) => {
    stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text
      const end = said.lastIndexOf(`${endMark} `)
      if (end < 0 || !said.endsWith('\n')) return
      const code = Number(said.slice(end + endMark.length))
      resolve({ code, stdout: said.slice(0, end), stderr: stderr() })
    })
    over.then(() => resolve({ code: -1, stdout: said, stderr: stderr() }), reject)
  })
}

function readStops(lines: Socket, onStop: (stop: Stop) => void): void {
  const calls = new Map<number, string>()
  let rest = ''
  lines.setEncoding('utf8').on('data', (text: string) => {
    const all = (rest + text).split('\n')
    rest = all.pop() ?? ''
    for (const line of all) {
      const [, number, said = ''] = /^(\d+) +(.*)$/.exec(line) ?? []
      const pid = Number(number)
      if (said.startsWith('--- stopped by SIGSTOP')) onStop({ pid, call: calls.get(pid) ?? said })
      else if (/^\w+\(/.test(said)) calls.set(pid, said)
    }
  })
}

function obey({ pid }: Stop, verdict: Verdict): void {
  try {
    if (verdict === 'go on') process.kill(pid, 'SIGCONT')
    else process.kill(verdict === 'kill' ? pid : -groupOf(pid), 'SIGKILL')
  } catch {
    // It was killed meanwhile with its host.
  }
}

/**
 * strace writes its line before PTRACE_LISTEN, and gives up everything when that fails since the process was killed in
 * between; once it sleeps, it waits for the next stop.
 */
function untilAsleep(strace: number): void {
  const nap = new Int32Array(new SharedArrayBuffer(4))
  for (let tries = 0; tries < 500 && stateOf(strace) !== 'S'; tries += 1) Atomics.wait(nap, 0, 0, 1)
}

function stateOf(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return stat.charAt(stat.lastIndexOf(')') + 2)
}

/** The process group is the third field after the name. */
function groupOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const group = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2])
  // Any other number would name a group of this machine, or all processes of it.
  if (!(group > 1) || group === ownGroup) throw new Error(`process ${pid} has no group of its own`)
  return group
}

const ownGroup = Number(readFileSync('/proc/self/stat', 'utf8').split(') ')[1]?.split(' ')[2])
