import { spawn } from 'node:child_process'

export type Ran = { readonly code: number; readonly stdout: string; readonly stderr: string }

/** The one environment of every command on a host: what sshd gives to root, and nothing of this machine's. */
export const environment = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root' }

/** Runs a command to its end. A command that was killed has the code -1. */
export function run(argv: readonly string[], input: string | Uint8Array = ''): Promise<Ran> {
  const [command = '', ...rest] = argv
  const child = spawn(command, rest, { env: environment })
  const out = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out.stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (out.stderr += text))
  // Whoever does not read to the end closes the pipe.
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    // A detached child of the command may hold the pipes for much longer than the command itself lives.
    child.on('exit', code => {
      const done = () => resolve({ code: code ?? -1, ...out })
      // When this process was busy for so long, what lies in the pipes is read first.
      const late = setTimeout(() => setImmediate(done), 200)
      child.on('close', () => {
        clearTimeout(late)
        done()
      })
    })
  })
}

export const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))
