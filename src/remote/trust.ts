import { createHmac, randomBytes } from 'node:crypto'
import { mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { problem, Trouble } from '../problems.ts'
import { judgeHostKey, keyType, shownKey } from './known-hosts.ts'
import { readKnownHosts } from './login.ts'
import { hostKeyTrouble, knownAs, knownHostsName, type Party } from './troubles.ts'

/**
 * Adds a host key to the file that ssh itself would add it to. The files are read again just before: a key that
 * appeared meanwhile is left alone, and a line is never changed. True when a line was written.
 * @throws {Trouble} NF6002 when another key is there by now; NF6006 when there is no file to write to.
 */
export async function trustKey(party: Party, key: Buffer): Promise<boolean> {
  const { settings, host } = party
  const verdict = judgeHostKey(await readKnownHosts(settings), knownAs(settings), key)
  if (verdict.kind === 'trusted') return false
  if (verdict.kind !== 'unknown') throw hostKeyTrouble(party, verdict, shownKey(key))
  const file = settings.ownKnownHostsFile
  const refuse = (why: string) =>
    new Trouble(problem('NF6006', why, 'Name a UserKnownHostsFile in ~/.ssh/config.', { host }))
  if (file === undefined || file === '/dev/null')
    throw refuse(`the ssh configuration for ${party.hop} names no file for known host keys`)
  const name = knownHostsName(settings).toLowerCase()
  try {
    await append(file, knownHostsLine(name, key, settings.hashKnownHosts === true))
  } catch (error) {
    throw refuse(`${file} cannot be written (${(error as NodeJS.ErrnoException).code})`)
  }
  return true
}

/** A line of known_hosts; a hashed one hides the name from who reads the file. Source: sshd(8), HashKnownHosts. */
export function knownHostsLine(name: string, key: Buffer, isHashed: boolean): string {
  return `${isHashed ? hashName(name) : name} ${keyType(key)} ${key.toString('base64')}`
}

function hashName(name: string): string {
  const salt = randomBytes(20)
  const hash = createHmac('sha1', salt).update(name).digest('base64')
  return `|1|${salt.toString('base64')}|${hash}`
}

/**
 * Appends in one write: a copy that is renamed into place would lose the line that an ssh adds at the same time, and
 * would put a file where a link was. The mode is that of ssh where the file is new, else as it is.
 */
async function append(file: string, line: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  const handle = await open(file, 'a+', 0o600)
  try {
    const { size } = await handle.stat()
    const last = Buffer.alloc(1)
    if (size > 0) await handle.read(last, 0, 1, size - 1)
    // The last line of another editor may not have ended.
    const start = size > 0 && last.toString() !== '\n' ? '\n' : ''
    await handle.write(`${start}${line}\n`)
    await handle.sync()
  } finally {
    await handle.close()
  }
}
