import { gzipSync } from 'node:zlib'
import { pack } from 'tar-stream'
import { packWhole } from '../pack.ts'
import type { WholeArchive } from '../pack.ts'
import type { Facts } from '../../../src/model/facts.ts'
import type { HostPlan } from '../../../src/model/plan.ts'
import { planHost } from '../../../src/plan/plan-host.ts'
import { loadPlaybook } from '../../../src/playbook/load.ts'
import { readFileSync } from 'node:fs'
import { handMade, readFacts, withHandMade } from '../../plan/make.ts'
import { sha256 } from './disk.ts'
import type { Disk, Entry } from './disk.ts'
import { kernel, moduleText, newI40e, stockE1000e, stockFile, stockI40e } from './driver.ts'

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')

const facts = readFacts()
export const machineId = facts.machineId

/** What a host starts with beyond a plain Debian: content of files by path. */
export type Files = Readonly<Record<string, string>>

/** The disk of a host that nicfix has never been on. */
export function freshDisk(more: Files = {}): Disk {
  const modules = `lib/modules/${kernel}`
  const index = [stockE1000e, stockI40e].map(driver => `${stockFile(driver)}:\n`)
  const indexOf = (name: string) => `# ${name}\n${index.toSorted().toReversed().join('')}`
  const files: Files = {
    '/etc/machine-id': `${machineId}\n`,
    '/etc/network/interfaces': textIn(facts, '/etc/network/interfaces'),
    [`/boot/initrd.img-${kernel}`]: 'the drivers of early boot\n',
    [`/${modules}/${stockFile(stockI40e)}`]: moduleText(stockI40e),
    [`/${modules}/${stockFile(stockE1000e)}`]: moduleText(stockE1000e),
    [`/${modules}/modules.dep`]: indexOf('modules.dep'),
    [`/${modules}/modules.dep.bin`]: indexOf('modules.dep.bin'),
    ...more,
  }
  const disk = new Map<string, Entry>()
  for (const [path, text] of Object.entries(files)) {
    addFolders(disk, path)
    const mode = text.startsWith('#!') ? '0755' : '0644'
    const bytes = Buffer.from(text)
    disk.set(path, { kind: 'file', mode, owner: '0:0', sum: sha256(bytes), bytes })
  }
  addFolders(disk, '/var/lib/x')
  addFolders(disk, '/etc/systemd/system/multi-user.target.wants/x')
  return new Map([...disk].toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

function textIn({ files }: Facts, path: string): string {
  const file = files[path]
  if (file?.kind !== 'file' || file.text === null) throw new Error(`the facts do not know ${path}`)
  return file.text
}

function addFolders(disk: Map<string, Entry>, path: string): void {
  const parent = path.slice(0, path.lastIndexOf('/'))
  if (parent === '' || disk.has(parent)) return
  addFolders(disk, parent)
  disk.set(parent, { kind: 'folder', mode: '0755', owner: '0:0', sum: '', bytes: Buffer.of() })
}

const indexFiles = ['modules.dep', 'modules.dep.bin']

/** What a host has beyond that on which somebody put a driver by hand; it loads that one off the disk. */
export const withHandMadeDriver: Files = {
  [handMade]: moduleText(newI40e),
  ...Object.fromEntries(
    indexFiles.map(name => [
      `/lib/modules/${kernel}/${name}`,
      `# ${name}\nupdates/i40e.ko:\n${stockFile(stockE1000e)}:\n`,
    ]),
  ),
}

/** A playbook that nicfix knows nothing of: it names a command for each thing. */
export const ownCommand = `nicfix: 1
name: own-command
nics: { match: { driver: i40e } }
steps:
  - id: motto
    use: host.run
    with:
      reason: the host wants one
      check: [grep, -qx, "it's $HOME", /etc/motto]
      run: [sh, -c, 'printf "%s\\n" "$1" >/etc/motto', sh, "it's $HOME"]
      verify: [grep, -qx, "it's $HOME", /etc/motto]
      undo: [sh, -c, 'echo old >/etc/motto']
`

/** The archive of the driver's sources, as `make` here takes it. */
async function packSource(): Promise<Uint8Array> {
  const tar = pack()
  const folder = 'i40e-2.13.10/src'
  const fixed = { mtime: new Date(0), mode: 0o644 }
  tar.entry({ ...fixed, name: `${folder}/Makefile` }, 'all:\n')
  // `make` reads the name off the first line, and the rest is the module.
  tar.entry(
    { ...fixed, name: `${folder}/module.txt` },
    moduleText(newI40e).replace(/^.*\n/, '- i40e\n'),
  )
  tar.finalize()
  const pieces: Uint8Array[] = []
  for await (const piece of tar) pieces.push(piece as Uint8Array)
  return gzipSync(Buffer.concat(pieces), { level: 9 })
}

export type Job = {
  readonly plan: HostPlan
  readonly payloads: ReadonlyMap<string, Uint8Array>
  /** How the controller says that it comes; without sshd in between it is `local`. */
  readonly over?: 'ssh' | 'local'
}

/**
 * The plan that the planner makes of a playbook of the catalogue for the host of freshDisk(more).
 * @param bootId of the host as it is up now
 */
export async function planFor(
  name:
    | 'i40e-upgrade'
    | 'e1000e-flow-control-off'
    | 'offload-off'
    | 'ring-max'
    | 'driver-revert'
    | 'own-command',
  bootId: string,
  confirmWithinSeconds: number,
  more: Files = {},
): Promise<Job> {
  const source = await packSource()
  const hash = sha256(source)
  const path = `playbooks/${name}.yaml`
  const commandLine = {
    ...(name === 'i40e-upgrade' && { sha256: hash }),
    ...(name === 'ring-max' && { nic: 'eno1' }),
    ...(name === 'driver-revert' && { driver: 'i40e' }),
  }
  const text = name === 'own-command' ? ownCommand : read(path)
  const playbook = loadPlaybook(text, path, { commandLine })
  if ('problems' in playbook) throw new Error(playbook.problems.map(each => each.message).join())
  const found = name === 'driver-revert' ? withHandMade(facts) : facts
  // Drivers are read by their sums: those of the fake ones.
  const drivers = {
    [handMade]: moduleText(newI40e),
    [`/lib/modules/${kernel}/${stockFile(stockI40e)}`]: moduleText(stockI40e),
  }
  const known = name === 'driver-revert' ? { ...more, ...drivers } : more
  const here: Facts = { ...found, bootId, files: { ...found.files, ...factsOf(known) } }
  const sources = { 'drivers/i40e-2.13.10.tar.gz': { sha256: hash, size: source.length } }
  const made = planHost(playbook.loaded, 'sim', here, sources)
  if ('problems' in made) throw new Error(made.problems.map(each => each.message).join())
  return { plan: { ...made.plan, confirmWithinSeconds }, payloads: new Map([[hash, source]]) }
}

function factsOf(files: Files): Facts['files'] {
  return Object.fromEntries(
    Object.entries(files).map(([path, text]) => {
      const mode = text.startsWith('#!') ? '0755' : '0644'
      const sum = sha256(text)
      return [path, { kind: 'file', mode, owner: '0:0', sha256: sum, text, realPath: path }]
    }),
  )
}

export const token = '0123456789abcdef0123456789abcdef'

/** What the controller sends to stage that job. */
export function packJob(
  { plan, payloads, over = 'local' }: Job,
  id: string,
  script: string,
): Promise<WholeArchive> {
  return packWhole({
    id,
    plan,
    payloads,
    script,
    token,
    over,
    digest: 'sha256:0',
    playbook: 'matrix',
    controller: 'test@here',
  })
}
