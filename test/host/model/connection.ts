import { spawn } from 'node:child_process'
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { environment } from '../sim/ran.ts'
import { pause } from '../sim/ran.ts'

const mark = 'nicfix-test-code'

/** One connection that stays open over many commands, as a pooled one of a controller does. */
export class Connection {
  readonly #shell: ChildProcessWithoutNullStreams
  #said = ''

  /** @param argv a shell that reads commands from its stdin */
  constructor(argv: readonly string[]) {
    const [command = '', ...rest] = argv
    this.#shell = spawn(command, rest, { env: environment })
    this.#shell.stdout.setEncoding('utf8').on('data', (text: string) => (this.#said += text))
    this.#shell.stdin.on('error', () => {})
  }

  /** The exit code of a command, or -2 when there is none for long. A here-document makes no process in between. */
  async run(command: string, input = ''): Promise<number> {
    this.#said = ''
    this.#shell.stdin.write(`${command} <<'EOF'\n${input}\nEOF\necho ${mark} $?\n`)
    for (let tries = 0; tries < 1000; tries++) {
      const [, code] = new RegExp(`^${mark} (\\d+)$`, 'm').exec(this.#said) ?? []
      if (code !== undefined) return Number(code)
      await pause(20)
    }
    return -2
  }

  close(): void {
    this.#shell.kill('SIGKILL')
  }
}
