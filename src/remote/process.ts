import { execa } from 'execa'
import type { Exit } from '../model/exit.ts'
import type { RunOptions } from './host.ts'
import { piecesOf } from './input.ts'
import { collect, defaultLimitBytes, type Collector } from './output.ts'

/** What a program of this machine needs beside its options. */
export type ProgramOptions = Omit<RunOptions, 'onStderr'> & {
  readonly stderr: Collector
  /** A program that takes too long is ended; else it goes on by itself. */
  readonly endsLate: boolean
}

/** Runs a program of this machine; it ends in the same three ways as a command on a host. Never throws. */
export async function runProgram(
  file: string,
  words: readonly string[],
  options: ProgramOptions,
): Promise<Exit> {
  const { stderr } = options
  const stdout = collect(options.limitBytes ?? defaultLimitBytes)
  const subprocess = execa(file, words, {
    reject: false,
    buffer: false,
    // A session of its own: ^C in the terminal must not end a step half way.
    detached: true,
    cleanup: false,
    ...(options.stdin === undefined
      ? { stdin: 'ignore' as const }
      : { input: Buffer.concat(piecesOf(options.stdin)) }),
  })
  subprocess.stdout.on('data', (piece: Buffer) => stdout.add(piece))
  subprocess.stderr.on('data', (piece: Buffer) => stderr.add(piece))
  const late = Promise.withResolvers<undefined>()
  const timer = setTimeout(late.resolve, Math.min(options.timeoutMs, 2 ** 31 - 1), undefined)
  // A command that was given up must not keep nicfix from ending.
  const result = await Promise.race([subprocess, late.promise])
  clearTimeout(timer)
  const texts = { stdout: stdout.text(), stderr: stderr.text() }
  if (result === undefined) {
    if (options.endsLate) subprocess.kill()
    subprocess.stdout.destroy()
    subprocess.stderr.destroy()
    subprocess.nodeChildProcess.unref()
    return { kind: 'lost', why: `no end within ${options.timeoutMs / 1000} s`, ...texts }
  }
  if (result.signal !== undefined) return { kind: 'killed', signal: result.signal, ...texts }
  return result.exitCode === undefined
    ? { kind: 'lost', why: `${file} did not start: ${result.shortMessage ?? ''}`, ...texts }
    : { kind: 'exited', code: result.exitCode, ...texts }
}
