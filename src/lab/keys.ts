import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'

/** Makes the ed25519 pairs of a lab image: `host`, by which it is known, and `login`, by which root gets in. */
export async function makeKeys(dir: string): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o700 })
  for (const name of ['host', 'login']) {
    const args = [
      '-q',
      '-t',
      'ed25519',
      '-N',
      '',
      '-C',
      `nicfix lab ${name}`,
      '-f',
      join(dir, name),
    ]
    await execa('ssh-keygen', args)
    await chmod(join(dir, name), 0o600)
  }
}

/** Writes a known_hosts file that knows exactly one host: this one, at this port. */
export async function writeKnownHosts(file: string, keys: string, port: number): Promise<void> {
  const key = (await readFile(join(keys, 'host.pub'), 'utf8')).split(' ').slice(0, 2).join(' ')
  await writeFile(file, `[127.0.0.1]:${port} ${key}\n`, { mode: 0o600 })
}
