import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Change, SetNic } from '../../../src/model/plan.ts'
import type { TxState } from '../../../src/model/tx.ts'
import { differences, textOf } from './disk.ts'
import type { Disk } from './disk.ts'
import type { Job } from './fresh.ts'
import type { KernelState, Port } from './kernel.ts'
import type { SimHost } from './sim.ts'

const home = '/var/lib/nicfix'

/** A host before anything was done to it. */
export type Before = { readonly disk: Disk; readonly kernel: KernelState }

export const lookAt = (host: SimHost): Before => ({
  disk: host.disk(),
  kernel: host.kernelState(),
})

/** What a boot or a person reads. A conflict copy is somebody's work that was kept; it has no effect. */
const isRead = (path: string) => /^\/(boot|etc|lib)\//.test(path) && !isCopy(path)
const isCopy = (path: string) => path.includes('/.nicfix-') || path.includes('.nicfix-conflict.')
const isBanner = (path: string) => path === '/etc/motd' || path.startsWith('/etc/motd.d/')

/** Names that only a transaction that is still open may have. */
const ofAnOpenOne = [
  /\/\.nicfix-/,
  /\/\.motd\.nicfix$/,
  /\/nicfix\/\.(boot|door)/,
  /^\/var\/lib\/nicfix\/lock$/,
  /^\/var\/lib\/nicfix\/tx\/[^/]*\.part(\/|$)/,
  /^\/var\/lib\/nicfix\/tx\/[^/]*\/ballast(\/|$)/,
  /^\/etc\/systemd\/.*\/nicfix-/,
  /\.tmp$/,
]
/** Names of the boot hook, which a committed transaction alone may leave. */
const ofTheHook = /^\/var\/lib\/nicfix\/boot/

/** The state that the token of a transaction says, or what the damage looks like. */
export function tokenOf(disk: Disk, id: string): string {
  const folder = `${home}/tx/${id}/token/`
  const names = [...disk.keys()].filter(path => path.startsWith(folder))
  return names.map(path => path.slice(folder.length)).join(' and ') || 'none'
}

/**
 * Everything that is not right about a host at rest, a line each: what its transaction says of itself must be what its
 * files and its kernel are. All old, or all new and committed; where neither can be had, a human is told what to type.
 */
export async function judge(
  host: SimHost,
  before: Before,
  job: Job,
  id: string,
): Promise<readonly string[]> {
  const disk = host.disk()
  const state = tokenOf(disk, id)
  const told = await host.status(id)
  return [
    ...(told.state === state ? [] : [`status says ${told.state}, the token ${state}`]),
    ...(told.guardAlive || told.watchAlive ? ['status says that a guard or a watch is alive'] : []),
    ...differences(before.disk, disk, path => path.startsWith('/boot/')),
    ...(await faultsOf(state as TxState, { host, before, job, id, disk })),
  ]
}

type Scene = {
  readonly host: SimHost
  readonly before: Before
  readonly job: Job
  readonly id: string
  readonly disk: Disk
}

async function faultsOf(state: TxState, scene: Scene): Promise<string[]> {
  switch (state) {
    case 'rolled-back':
    case 'cancelled':
      return [...notOld(scene), ...leftBehind(scene, 'nothing'), ...needlessHelp(scene)]
    case 'committed':
      return [...notNew(scene), ...leftBehind(scene, 'the hook'), ...needlessHelp(scene)]
    case 'failed':
      return missingHelp(scene)
    case 'staged':
    case 'pending':
    case 'confirmed':
    case 'rollback':
    // A token that is damaged says none of these.
    default:
      return [`the transaction is still ${state}`]
  }
}

function notOld({ host, before, disk }: Scene): string[] {
  return [
    ...differences(before.disk, disk, isRead),
    ...kernelDifferences(before.kernel, host.kernelState()),
  ]
}

const lines = ({ modules, ports }: KernelState) => [
  ...Object.entries(modules).map(([name, build]) => `${name} ${build}`),
  ...Object.entries(ports).map(([name, port]) => `${name} ${JSON.stringify(port)}`),
]

/** @param was as it has to be */
export function kernelDifferences(was: KernelState, is: KernelState): string[] {
  const [wanted, found] = [lines(was), lines(is)]
  return [
    ...wanted.filter(line => !found.includes(line)).map(line => `missing: ${line}`),
    ...found.filter(line => !wanted.includes(line)).map(line => `unexpected: ${line}`),
  ]
}

/** The plan says what is to be new; all else has to be old. */
function notNew(scene: Scene): string[] {
  const { job, before, disk } = scene
  const written = job.plan.changes.flatMap(change => {
    if (change.kind === 'run-command')
      return change.argv.verify.filter(word => word.startsWith('/'))
    return change.kind === 'write-file' ? [change.path] : []
  })
  const mayDiffer = (path: string) =>
    written.some(each => each === path || each.startsWith(`${path}/`)) ||
    /^\/lib\/modules\/[^/]*\/modules\./.test(path)
  const others = differences(before.disk, disk, path => isRead(path) && !mayDiffer(path))
  return [...others, ...job.plan.changes.flatMap(change => notDone(change, scene))]
}

const fail = (isRight: boolean, what: string) => (isRight ? [] : [what])

function notDone(change: Change, { host, disk, id }: Scene): string[] {
  const { modules, ports } = host.kernelState()
  switch (change.kind) {
    case 'write-file': {
      const entry = disk.get(change.path)
      const { content } = change
      if ('instead' in content) return fail(!entry, `${change.path} is still there`)
      const wanted =
        'text' in content
          ? content.text
          : textOf(disk, `${home}/tx/${id}/c/${content.from}/out/${content.output}`)
      const isSo = entry?.mode === change.mode && entry.owner === change.owner
      const isRight = wanted !== null && textOf(disk, change.path) === wanted && isSo
      return fail(isRight, `${change.path} is not as planned`)
    }
    case 'swap-driver': {
      const { source } = change
      const result = (from: string) => textOf(disk, `${home}/tx/${id}/c/${from}/result`) ?? ''
      const build =
        'from' in source ? /^build-id (.*)$/m.exec(result(source.from))?.[1] : source.buildId
      return fail(modules[change.module] === build, `${change.module} is not the new one`)
    }
    case 'set-nic': {
      const isSet = Object.values(ports).some(port => hasSetting(port, change))
      return fail(isSet, `no port has ${change.want}`)
    }
    case 'build-module':
    // What it does is known to the playbook alone, which has its own proof.
    case 'run-command':
      return []
  }
}

/** The fake kernel keeps "autoneg off rx off tx off" without the words, but for offloads. */
function hasSetting({ pause, ring, offload }: Port, { setting, want }: SetNic): boolean {
  const bare = want.replaceAll(/(autoneg|rx|tx) /g, '')
  if (setting !== 'offload') return bare === (setting === 'ring' ? ring : pause)
  return Array.from(want.matchAll(/\w+ (on|off)/g)).every(([word]) => offload.includes(word))
}

function leftBehind({ disk }: Scene, allowed: 'nothing' | 'the hook'): string[] {
  const isLeft = isLeftAt(allowed === 'the hook')
  return [...disk.keys()].filter(isLeft).map(path => `left behind: ${path}`)
}

const isLeftAt = (hookAllowed: boolean) => (path: string) =>
  ofAnOpenOne.some(pattern => pattern.test(path)) || (!hookAllowed && ofTheHook.test(path))

function needlessHelp({ disk, id }: Scene): string[] {
  const banners = [...disk.keys()].filter(
    path => isBanner(path) && textOf(disk, path)?.includes('nicfix run'),
  )
  const manual = `${home}/tx/${id}/MANUAL.txt`
  return [...banners, ...(disk.has(manual) ? [manual] : [])].map(path => `needless: ${path}`)
}

/** A person who logs in is told, and finds what to type; the host is kept from the next run. */
function missingHelp({ host, disk, id }: Scene): string[] {
  const manual = textOf(disk, `${home}/tx/${id}/MANUAL.txt`) ?? ''
  const journal = readFileSync(join(host.root, 'kernel/journal'), 'utf8')
  const wanted: Record<string, boolean> = {
    'MANUAL.txt says what is wrong': /^ {2}still wrong: \S/m.test(manual),
    'MANUAL.txt says what to type': /^ {2}1\. \S/m.test(manual),
    'the journal has an emergency': journal.includes(`user.emerg -t nicfix rollback of ${id}`),
    'the host stays locked': (textOf(disk, `${home}/lock`) ?? '').startsWith(`${id} `),
    'no boot trigger is left': ![...disk.keys()].some(path =>
      /^\/etc\/systemd\/.*\/nicfix-/.test(path),
    ),
  }
  return Object.entries(wanted).flatMap(([what, isSo]) => (isSo ? [] : [`not so: ${what}`]))
}

/** The same about a host at rest that has no transaction: all is as it was, and nothing is left. */
export function judgeUntouched(host: SimHost, before: Before): readonly string[] {
  const disk = host.disk()
  return [
    ...differences(before.disk, disk, isRead),
    ...kernelDifferences(before.kernel, host.kernelState()),
    ...[...disk.keys()].filter(isLeftAt(false)).map(path => `left behind: ${path}`),
  ]
}
