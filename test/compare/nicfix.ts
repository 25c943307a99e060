import { cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Attempt, Contender, Job, Moment, Ran, Said } from './contender.ts'
import { isUnloaded, runGroup } from './contender.ts'
import type { Driver } from './modules.ts'
import { compareDir, packageWith } from './modules.ts'

const root = new URL('../../', import.meta.url).pathname

/** The shipped playbooks wait 180 s for a confirmation; here they wait shorter, so that more cases fit in an hour. */
export const confirmWithin = '60s'

const frozen = () => join(compareDir(), 'nicfix')

/** Copies nicfix as it is now, so that all cases meet the same one, however long it takes and whatever is edited. */
export async function freezeNicfix(): Promise<void> {
  await rm(frozen(), { recursive: true, force: true })
  await mkdir(frozen(), { recursive: true })
  for (const name of ['src', 'machines', 'playbooks', 'package.json'])
    await cp(join(root, name), join(frozen(), name), { recursive: true })
  await symlink(join(root, 'node_modules'), join(frozen(), 'node_modules'))
}

/** The whole `nicfix apply`, with a driver package whose build takes out the very same module. */
export const nicfix: Contender = { name: 'nicfix', when, prepare, start }

function when(moment: Moment, driver: Driver): string {
  const dir = `/lib/modules/$kernel/updates/drivers/net/ethernet/intel/${driver}`
  const conditions: Readonly<Record<Moment, string>> = {
    copying: `any ${dir}/.nicfix-*`,
    replaced: `[ -e ${dir}/${driver}.ko ]`,
    unloaded: isUnloaded(driver),
    'going back': 'any /var/lib/nicfix/tx/*/token/rollback',
  }
  return conditions[moment]
}

async function prepare({ dir, driver }: Job): Promise<void> {
  const text = await readFile(join(frozen(), `playbooks/${driver}-upgrade.yaml`), 'utf8')
  const shorter = text.replace(/confirm-within: 180s/, `confirm-within: ${confirmWithin}`)
  if (shorter === text) throw new Error('the playbook has another window than the one known here')
  await writeFile(join(dir, 'playbook.yaml'), shorter)
}

const nothing = (): void => undefined

function start({ dir, sshConfig, driver, kind }: Job): Attempt {
  let isDead = false
  let kill = nothing
  const work = async (): Promise<Said> => {
    const { file, sha256, version } = await packageWith(driver, kind)
    const door = join(frozen(), 'src/main.js')
    const where = ['--ssh-config', sshConfig, '--host', 'target']
    const values = ['-e', `source=${file}`, '-e', `sha256=${sha256}`, '-e', `version=${version}`]
    const group = runGroup(
      process.execPath,
      [door, 'apply', join(dir, 'playbook.yaml'), '--yes', ...where, ...values],
      { XDG_STATE_HOME: join(dir, 'state'), NO_COLOR: '1' },
    )
    kill = () => group.kill()
    if (isDead) kill()
    return understand(await group.ran)
  }
  return {
    said: work(),
    kill() {
      isDead = true
      kill()
    },
  }
}

function understand({ code, output }: Ran): Said {
  const how = code === null ? 'killed' : `exit ${code}`
  if (code === null) return { claim: 'silent', how, output }
  if (code === 0) return { claim: 'done', how, output }
  // 1 failed and 4 unreachable before any change, 3 rolled back, 8 refused; 5 dirty, 6 unknown.
  return { claim: [1, 3, 4, 8].includes(code) ? 'as before' : 'failed', how, output }
}
