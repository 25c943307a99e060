import { readFileSync, statSync } from 'node:fs'
import { problem, Trouble } from '../problems.ts'
import { makeSecrets, type Person, type Secrets } from '../remote/secrets.ts'
import { sayAbove, withoutProgress } from './screen.ts'

const escape = '\u001B'

/** Asks at the terminal that nicfix runs in; undefined where there is none. */
function personHere(): Person | undefined {
  const { stdin, stderr } = process
  if (!stdin.isTTY || !stderr.isTTY) return undefined
  return {
    ask: (question, echo) => withoutProgress(() => askHere(question, echo)),
    tell: sayAbove,
  }
}

/**
 * One line of the terminal, shown or not as it is typed. ^D gives no answer; ^C does what it does elsewhere.
 */
function askHere(question: string, echo: boolean): Promise<string | undefined> {
  const { stdin, stderr } = process
  // First: whoever types as soon as there is a question must not see it.
  stdin.setRawMode(true)
  stderr.write(question)
  stdin.setEncoding('utf8')
  stdin.resume()
  return new Promise(resolve => {
    let line = ''
    const finish = (answer: string | undefined): void => {
      stdin.off('data', hear)
      stdin.pause()
      stdin.setRawMode(false)
      stderr.write('\n')
      resolve(answer)
    }
    const hear = (keys: string): void => {
      // The arrows and their like are no part of a password.
      if (keys.startsWith(escape)) return
      for (const key of keys) {
        if (key === '\r' || key === '\n') return finish(line)
        if (key === '\u0003' || key === '\u0004') {
          finish(undefined)
          if (key === '\u0003') process.kill(process.pid, 'SIGINT')
          return
        }
        const isErase = key === '\u007F' || key === '\b'
        line = isErase ? line.slice(0, -1) : line + key
        if (echo) stderr.write(isErase ? '\b \b' : key)
      }
    }
    stdin.on('data', hear)
  })
}

/** Made once: a fleet has one sudo password, and it is asked for once. */
let known: Secrets | undefined

/**
 * Who can be asked, and the password in the file, if one was named.
 * @throws {Trouble} NF6007 for a file that cannot be read, or that others can read
 */
export function secretsOf(sudoPasswordFile: string | undefined): Secrets {
  const password = sudoPasswordFile === undefined ? undefined : readPassword(sudoPasswordFile)
  return (known ??= makeSecrets(personHere(), password))
}

/** The first line; standard input and pipes are as good as a file that only its owner can read. */
function readPassword(path: string): string {
  const refuse = (why: string, next: string) =>
    new Trouble(problem('NF6007', `the file of the sudo password, ${path}, ${why}`, next))
  let text: string
  try {
    const found = statSync(path)
    if (found.isFile() && (found.mode & 0o077) !== 0)
      throw refuse('may be read by others', `chmod 600 ${path}`)
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Trouble) throw error
    throw refuse(`cannot be read (${(error as NodeJS.ErrnoException).code})`, 'name another one')
  }
  const [line = ''] = text.split(/\r?\n/, 1)
  if (line === '') throw refuse('has no password in its first line', 'write one there')
  return line
}
