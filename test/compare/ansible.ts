import { spawnSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Attempt, Contender, Job, Ran, Said } from './contender.ts'
import { runGroup } from './contender.ts'
import { ports, versionOf } from './modules.ts'
import { whenReplacedInPlace } from './shell.ts'
import { moduleInGuest } from './start.ts'

const file = (name: string) => new URL(name, import.meta.url)

/** A playbook with backups, block and rescue, a detached reload and checks over a new connection. */
export const ansible: Contender = {
  name: 'ansible',
  when: whenReplacedInPlace,
  async prepare({ dir, sshConfig }) {
    const template = await readFile(file('inventory.yaml'), 'utf8')
    await writeFile(join(dir, 'inventory.yaml'), template.replace('@SSH_CONFIG@', sshConfig))
  },
  start,
}

function start({ dir, driver, kind }: Job): Attempt {
  const { port, gateway } = ports[driver]
  const vars = {
    module: driver,
    port,
    gateway,
    new: moduleInGuest(driver, kind),
    version: versionOf(driver),
  }
  const group = runGroup(
    'ansible-playbook',
    ['-i', join(dir, 'inventory.yaml'), '-e', JSON.stringify(vars), file('playbook.yaml').pathname],
    {
      ANSIBLE_CONFIG: file('ansible.cfg').pathname,
      ANSIBLE_HOME: join(dir, 'ansible'),
      ANSIBLE_LOCAL_TEMP: join(dir, 'tmp'),
      ANSIBLE_SSH_CONTROL_PATH_DIR: join(dir, 'cp'),
      ANSIBLE_NOCOLOR: '1',
    },
  )
  return { said: group.ran.then(understand), kill: () => group.kill() }
}

function understand({ code, output }: Ran): Said {
  const how =
    code === null
      ? 'killed'
      : `exit ${code}${output.includes('UNREACHABLE!') ? ', unreachable' : ''}`
  if (code === 0) return { claim: 'done', how, output }
  if (code === null) return { claim: 'silent', how, output }
  return { claim: output.includes('TAKEN BACK') ? 'as before' : 'failed', how, output }
}

const askVersion = (): string =>
  spawnSync('ansible-playbook', ['--version'], { encoding: 'utf8' }).stdout ?? ''

/** The versions to be told beside the figures; installs Debian's package where it is missing and this is root. */
export function ensureAnsible(): string {
  if (!askVersion() && process.getuid?.() === 0) {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    spawnSync('apt-get', ['-qq', 'update'], { env, stdio: 'inherit' })
    const install = ['-qq', '-y', '--no-install-recommends', 'install', 'ansible']
    spawnSync('apt-get', install, { env, stdio: 'inherit' })
  }
  const found = /\[core ([\d.]+)\]/.exec(askVersion())?.[1]
  if (found === undefined)
    throw new Error('Ansible is missing here. Install it: apt-get install ansible')
  const debian = spawnSync('dpkg-query', ['-W', '-f', '${Version}', 'ansible'], {
    encoding: 'utf8',
  })
  return `ansible ${debian.stdout || '?'} (core ${found})`
}
