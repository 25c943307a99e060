import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Where the script's work can be made to stand still: in the middle of a trial, of persisting, before an undo. */
export type Gate = 'trial' | 'persist' | 'undo'
const gates: readonly Gate[] = ['trial', 'persist', 'undo']

const fileOf = (root: string, gate: Gate) => join(root, 'control', `open-${gate}`)

const markOf = (root: string, gate: Gate) => join(root, 'control', `at-${gate}`)

/** Does somebody stand there? Whoever does says so again and again. */
export const isAtGate = (root: string, gate: Gate): boolean => existsSync(markOf(root, gate))

export function forgetGates(root: string): void {
  for (const gate of gates) rmSync(markOf(root, gate), { force: true })
}

export const openGate = (root: string, gate: Gate): void => writeFileSync(fileOf(root, gate), '')

export function closeGates(root: string): void {
  for (const gate of gates) rmSync(fileOf(root, gate), { force: true })
}

const wait = (gate: Gate, condition: string) => `
if ${condition}; then
  until [ -e /control/open-${gate} ]; do
    : >/control/at-${gate}
    /usr/bin/sleep 0.02
  done
fi
`

/** Puts gates into the tools that the script calls there, on one host. */
export function makeGates(root: string, id: string): void {
  const tool = (name: string) => join(root, 'usr/sbin', name)
  const isIn = (state: string) => `[ -e /var/lib/nicfix/tx/${id}/token/${state} ]`
  const prepend = (name: string, text: string) => {
    const [first = '', ...rest] = readFileSync(tool(name), 'utf8').split('\n')
    writeFileSync(tool(name), `${first}\n${text}${rest.join('\n')}`)
  }
  prepend('insmod', wait('trial', isIn('pending')))
  prepend('depmod', wait('persist', isIn('confirmed')))
  // A rollback begins by asking whether its record is intact.
  const isCheck = `[ "$*" = '-c SHA256SUMS' ] && [ -e token/rollback ]`
  const sums = `#!/usr/bin/dash\n${wait('undo', isCheck)}exec /usr/bin/sha256sum "$@"\n`
  writeFileSync(tool('sha256sum'), sums)
  chmodSync(tool('sha256sum'), 0o755)
}
