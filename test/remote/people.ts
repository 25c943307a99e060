import { randomBytes } from 'node:crypto'
import { accessSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { execa } from 'execa'

const needs = ['/usr/sbin/useradd', '/usr/sbin/userdel', '/usr/sbin/chpasswd', '/usr/bin/sudo']

/** What is missing to make users of this machine; undefined when nothing is. */
export const whyNoPeople: string | undefined = (() => {
  if (process.getuid?.() !== 0) return 'not root'
  const missing = needs.filter(path => !exists(path))
  return missing.length > 0 ? `${missing.join(', ')} missing` : undefined
})()

// A skipped test must not look like one that passed.
if (whyNoPeople !== undefined)
  console.warn(`NOT TESTED here: logins and sudo of real users of this machine (${whyNoPeople})`)

function exists(path: string): boolean {
  try {
    accessSync(path)
    return true
  } catch {
    return false
  }
}

/** A user of this machine with a password, and with these lines of sudoers (USER is the name). `remove` takes both away. */
export async function makePerson(rules: readonly string[] = []) {
  const name = `nicfix-t${randomBytes(4).toString('hex')}`
  const password = `pw-${randomBytes(12).toString('hex')}`
  const sudoers = `/etc/sudoers.d/${name}`
  await execa('useradd', ['-M', '-d', '/', '-s', '/bin/sh', name])
  await execa('chpasswd', [], { input: `${name}:${password}` })
  if (rules.length > 0)
    await writeFile(sudoers, rules.map(rule => `${rule.replaceAll('USER', name)}\n`).join(''), {
      mode: 0o440,
    })
  return {
    name,
    password,
    async remove() {
      await rm(sudoers, { force: true })
      await rm(`/var/lib/sudo/lectured/${name}`, { force: true })
      await execa('userdel', ['-f', name])
    },
  }
}
