import { setTimeout as sleep } from 'node:timers/promises'
import { execa } from 'execa'

export type Login = {
  readonly address: string
  readonly port: number
  readonly user: string
  readonly keyFile: string
  readonly knownHostsFile: string
}

/** The arguments of the ssh client up to the host: only this key, only this host key, nobody's configuration. */
export function sshArguments(login: Login): string[] {
  const options = {
    IdentitiesOnly: 'yes',
    StrictHostKeyChecking: 'yes',
    UserKnownHostsFile: login.knownHostsFile,
    GlobalKnownHostsFile: '/dev/null',
    LogLevel: 'ERROR',
  }
  const pairs = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`])
  const to = ['-p', String(login.port), `${login.user}@${login.address}`]
  return ['-F', '/dev/null', '-i', login.keyFile, ...pairs, ...to]
}

/** Runs a shell command over ssh; undefined when there was no connection. */
export async function sshRun(login: Login, command: string, timeoutMs = 15_000) {
  const options = ['-o', 'BatchMode=yes', '-o', 'ConnectTimeout=10']
  const result = await execa('ssh', [...options, ...sshArguments(login), command], {
    reject: false,
    stdin: 'ignore',
    timeout: timeoutMs,
  })
  return result.exitCode === 0 ? result.stdout : undefined
}

/** The boot id of the host as soon as ssh answers with one other than `not`; undefined when the time is up. */
export async function waitForSsh(login: Login, timeoutMs: number, not = '') {
  const end = performance.now() + timeoutMs
  while (performance.now() < end) {
    const id = await sshRun(login, 'cat /proc/sys/kernel/random/boot_id')
    if (id && id !== not) return id
    await sleep(300)
  }
  return undefined
}

/** A shell on a host in this terminal, or one command there; the exit code of the ssh client. */
export async function runInTerminal(login: Login, command: readonly string[]): Promise<number> {
  const argv = [...sshArguments(login), ...command]
  const result = await execa('ssh', argv, { stdio: 'inherit', reject: false })
  return result.exitCode ?? 255
}
