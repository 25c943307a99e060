import { quote } from '../quote.ts'

/** How a command becomes a command of root on a host. */
export type Rights = 'root' | 'sudo'

/** One round trip that tells what rights the login has; `readRights` reads its answer. */
export const rightsProbe = `if [ "$(id -u)" = 0 ]; then echo nicfix-rights=root
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
