import { readFile, stat } from 'node:fs/promises'
import { setFlagsFromString } from 'node:v8'
import ssh2, { type ParsedKey } from 'ssh2'

/** One private key file: the key in it, or why there is none to be had. */
export type KeyFile = {
  readonly file: string
  readonly key?: ParsedKey
  /** What stands in the `.pub` file beside it. */
  readonly publicKey?: ParsedKey
  readonly fault?: string
  /** Opens an encrypted key; undefined when the passphrase is wrong. */
  readonly unlock?: (passphrase: string) => ParsedKey | undefined
}

/** Reads the key files that there are; of the default names most do not exist. */
export async function readKeyFiles(files: readonly string[]): Promise<KeyFile[]> {
  return (await Promise.all(files.map(readKey))).filter(each => each !== undefined)
}

async function readKey(file: string): Promise<KeyFile | undefined> {
  try {
    const { mode } = await stat(file)
    const publicKey = await readPublicKey(file)
    const base = publicKey === undefined ? { file } : { file, publicKey }
    // ssh ignores such a key, because others may have copied it.
    if ((mode & 0o077) !== 0) return { ...base, fault: `may be read by others (chmod 600 ${file})` }
    const bytes = await readFile(file)
    const key = firstKey(ssh2.utils.parseKey(bytes))
    if (key instanceof Error && /encrypted/i.test(key.message))
      return {
        ...base,
        fault: `is encrypted; load it into an agent first (ssh-add ${file})`,
        unlock(phrase) {
          computeFast()
          const opened = firstKey(ssh2.utils.parseKey(bytes, phrase))
          return opened instanceof Error || !opened.isPrivateKey() ? undefined : opened
        },
      }
    if (key instanceof Error) return { ...base, fault: `cannot be used (${key.message})` }
    return key.isPrivateKey() ? { ...base, key } : { ...base, fault: 'holds no private key' }
  } catch (error) {
    // ssh has a list of default names, most of which do not exist.
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') {
      const publicKey = await readPublicKey(file)
      return publicKey === undefined ? undefined : { file, publicKey }
    }
    return { file, fault: `cannot be read (${code ?? String(error)})` }
  }
}

async function readPublicKey(file: string): Promise<ParsedKey | undefined> {
  try {
    const key = firstKey(ssh2.utils.parseKey(await readFile(`${file}.pub`)))
    return key instanceof Error ? undefined : key
  } catch {
    return undefined
  }
}

/**
 * A passphrase is made slow to guess, by a computation (bcrypt_pbkdf) that ssh2 does in JavaScript: without V8's optimizing
 * compilers, which the door forbids for a fleet, it takes longer than a server waits for a login.
 */
function computeFast(): void {
  setFlagsFromString('--opt')
  setFlagsFromString('--maglev')
}

/** The old PEM parsers of ssh2 give a list, against their type. */
function firstKey(parsed: ParsedKey | Error): ParsedKey | Error {
  const keys: unknown = parsed
  return Array.isArray(keys) ? (keys[0] as ParsedKey | Error) : parsed
}
