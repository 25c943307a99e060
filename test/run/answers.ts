import type { Exit } from '../../src/model/exit.ts'

/** The name of a command to a host: its verb, or what it is for. */
export function nameOf(command: string): string {
  if (command === 'sh -s') return 'probe'
  if (command.includes('exec sh -s')) return 'verify'
  return / tx (\w+) /.exec(command)?.[1] ?? command
}

/** The link died. */
export function lost(): Exit {
  return { kind: 'lost', why: 'connection reset', stdout: '', stderr: '' }
}

/** A command that came to its end. */
export function exited(code: number, stdout: string, stderr = ''): Exit {
  return { kind: 'exited', code, stdout, stderr }
}
