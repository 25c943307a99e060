import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { execa } from 'execa'
import { problem, Trouble } from '../problems.ts'
import { badConfiguration } from './troubles.ts'
import { parseSettings, type SshSettings, type Transport } from './settings.ts'

/** How the command line wants hosts to be looked up. */
export type LookupOptions = {
  readonly sshConfig?: string | undefined
  readonly user?: string | undefined
  readonly transport?: Transport | undefined
}

/** What may be said of one host beside that. */
export type Lookup = LookupOptions & {
  readonly port?: string | undefined
  /** Private key, before those of the configuration. */
  readonly key?: string | undefined
  /** As ProxyJump has it. */
  readonly jump?: string | undefined
}

/**
 * Asks `ssh -G` for the settings of a host, so that Include, Match and tokens mean what they mean to ssh.
 * The caller has checked that `name` cannot be taken for an option.
 * @throws {Trouble} NF6006 when ssh is missing or its configuration cannot be read.
 */
export async function readSettings(name: string, options: Lookup = {}): Promise<SshSettings> {
  const { settings, jump } = await lookUp(name, options)
  return { ...settings, jumps: await readJumps(jump, options, 0) }
}

async function readJumps(
  list: string | undefined,
  { sshConfig }: LookupOptions,
  depth: number,
): Promise<SshSettings['jumps']> {
  if (list === undefined) return []
  if (depth > 8) throw badConfig(list, 'ProxyJump goes round in circles')
  const jumps: { name: string; settings: SshSettings }[] = []
  for (const text of list.split(',')) {
    const hop = /^(?:ssh:\/\/)?(?:([^@]+)@)?(\[[^\]]+\]|[^:]+)(?::(\d+))?\/?$/.exec(text.trim())
    const name = hop?.[2]?.replace(/^\[|\]$/g, '')
    if (name === undefined || name.startsWith('-'))
      throw badConfig(text, 'ProxyJump cannot be understood')
    const found = await lookUp(name, {
      ...(sshConfig === undefined ? {} : { sshConfig }),
      ...(hop?.[1] === undefined ? {} : { user: hop[1] }),
      ...(hop?.[3] === undefined ? {} : { port: hop[3] }),
    })
    // Only the first hop is reached by its own way; the later ones are reached through the hop before.
    if (jumps.length === 0)
      jumps.push(
        ...(await readJumps(found.jump, sshConfig === undefined ? {} : { sshConfig }, depth + 1)),
      )
    jumps.push({ name, settings: found.settings })
  }
  return jumps
}

async function lookUp(
  name: string,
  { sshConfig, user, port, key, jump, transport }: Lookup,
): Promise<{ settings: SshSettings; jump: string | undefined }> {
  const flags = [
    ...(sshConfig === undefined ? [] : ['-F', sshConfig]),
    ...(user === undefined ? [] : ['-l', user]),
    ...(port === undefined ? [] : ['-p', port]),
    ...(key === undefined ? [] : ['-i', key]),
    ...(jump === undefined ? [] : ['-J', jump]),
  ]
  const result = await execa('ssh', ['-G', ...flags, '--', name], {
    reject: false,
    stdin: 'ignore',
    timeout: 20_000,
  })
  if (result.exitCode !== 0)
    throw badConfig(
      name,
      result.code === 'ENOENT' ? undefined : result.stderr.trim() || 'ssh -G failed',
    )
  const { settings, jump: way } = parseSettings(result.stdout, name, ['ssh', ...flags, name])
  const onlyOpenssh = settings.onlyOpenssh ?? (await whyKeys(settings))
  const whole = {
    ...settings,
    ...(onlyOpenssh === undefined ? {} : { onlyOpenssh }),
    ...(transport === undefined ? {} : { transport }),
  }
  // Of its own: as pieces of what ssh printed they would keep all of it, for every host of a fleet.
  return { settings: structuredClone(whole), jump: way }
}

function badConfig(name: string, why: string | undefined): Trouble {
  return why === undefined
    ? new Trouble(
        problem('NF6006', 'The ssh program is not installed here.', 'Install openssh-client.', {
          host: name,
          details: ['nicfix asks `ssh -G` what your ssh configuration says about a host.'],
        }),
      )
    : badConfiguration(name, why)
}

/** ssh2 knows no certificates of users and no keys on a FIDO token (`sk-`): ssh(1), ssh-keygen(1). */
async function whyKeys({ keyFiles, forbids }: SshSettings): Promise<string | undefined> {
  if (forbids?.includes('publickey')) return undefined
  for (const file of keyFiles) {
    if (existsSync(`${file}-cert.pub`)) return `its key has a certificate (${file}-cert.pub)`
    const text = await readFile(`${file}.pub`, 'utf8').catch(() => '')
    if (text.startsWith('sk-')) return `its key is on a FIDO token (${file})`
  }
  return undefined
}
