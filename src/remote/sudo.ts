import { quote } from '../quote.ts'
import { toPlain } from './plain.ts'

/** How a command becomes a command of root on a host. */
export type Rights = 'root' | 'sudo'

/** One round trip that tells what rights the login has; `readRights` reads its answer. */
export const rightsProbe = `export LC_ALL=C
if [ "$(id -u)" = 0 ]; then echo nicfix-rights=root
elif ! command -v sudo >/dev/null 2>&1; then echo nicfix-rights=no-sudo
elif [ "$(sudo -n -- sh -c 'id -u')" = 0 ]; then echo nicfix-rights=sudo
else echo nicfix-rights=refused; fi`

/** What `rightsProbe` answered; a talkative login shell may have printed around it. */
export function readRights(stdout: string): Rights | 'no-sudo' | 'refused' | undefined {
  const answer = /^nicfix-rights=(root|sudo|no-sudo|refused)$/m.exec(stdout)?.[1]
  return answer as ReturnType<typeof readRights>
}

/**
 * The text that runs a POSIX sh command as root, whatever the login shell is. `-n` never asks for a password:
 * a password sent to a sudo that needs none would become the first line of the command's input.
 */
export function asRoot(command: string, rights: Rights): string {
  return rights === 'root'
    ? `exec sh -c ${quote(command)}`
    : `exec sudo -n -- sh -c ${quote(command)}`
}

/**
 * Skips the input up to the mark, and says on standard error that it did. `read` takes single bytes of a pipe, so what
 * follows the mark is still there for the command.
 */
const begin = `while IFS= read -r line; do [ "$line" = "$1" ] && break; done
printf '%s\\n' "$1" >&2
exec sh -c "$2"`

/**
 * The text that runs a POSIX sh command by a sudo that wants a password, and the lines that go before the command's
 * input. The password is read by sudo, and where sudo wants none after all it is skipped with the mark: it never is
 * input of the command. `-k` has sudo ask although it may have asked a minute ago; there is no `-p`, because the sudo
 * of sudo-rs has none before 0.2.6 and another one since.
 * Source: sudo(8), -k and -S; POSIX.1-2017, read.
 */
export function asRootWith(
  password: string,
  command: string,
  mark: string,
): { text: string; input: string } {
  const words = ['sh', '-c', begin, 'nicfix', mark, command].map(quote).join(' ')
  return { text: `LC_ALL=C exec sudo -k -S -- ${words}`, input: `${password}\n${mark}\n` }
}

/** What stands behind the line of the mark; undefined while the mark is not there. */
export function afterMark(text: string, mark: string): string | undefined {
  const at = text.indexOf(`${mark}\n`)
  return at < 0 ? undefined : text.slice(at + mark.length + 1)
}

/** What sudo said, without its prompts and without the lecture that it gives once. */
export function readComplaint(stderr: string): string[] {
  const lines = toPlain(stderr)
    .replaceAll(/\[sudo[^\]]*\][^:\n]*: ?/g, '')
    .split('\n')
    .map(line => line.trim())
  const said = lines.filter(line => /^sudo(-rs)?:|sudoers|not allowed|try again/i.test(line))
  return said.length > 0 ? said : lines.filter(line => line !== '')
}
