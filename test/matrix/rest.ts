import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { planFor } from '../host/sim/fresh.ts'
import { textOf } from '../host/sim/disk.ts'
import { judge, judgeUntouched, tokenOf } from '../host/sim/oracle.ts'
import type { SimHost } from '../host/sim/sim.ts'
import { id, isOpen } from './controller.ts'
import { nameRest } from './essence.ts'
import type { Ground } from './scenarios.ts'

/** How a host was found at rest. */
export type Rest = {
  /** The state of its transaction, "nothing" where there is none. */
  readonly state: string
  /** The state that only a controller could end, null where the host ended it alone. */
  readonly openBefore: string | null
  readonly faults: readonly string[]
  /** Names that have no effect, and that the next transaction has to take away. */
  readonly litter: readonly string[]
}

/** Waits for the end of all that goes on; what is open then is closed as a controller does it; then looks. */
export async function comeToRest(
  host: SimHost,
  { before, job }: Ground,
  confirmed: boolean,
): Promise<Rest> {
  await host.settled()
  const openBefore = findOpen(host)
  if (openBefore !== null) {
    await host.tx(id, isOpen(openBefore) ? 'rollback' : 'release')
    await host.settled()
  }
  const isThere = host.disk().has(`/var/lib/nicfix/tx/${id}`)
  const state = isThere ? tokenOf(host.disk(), id) : 'nothing'
  const found = isThere ? await judge(host, before, job, id) : judgeUntouched(host, before)
  const hook = judgeHook(host, state)
  const isNoFault = (fault: string) => isLitter(fault) || (state === 'nothing' && isStale(fault))
  const faults = found.filter(fault => !isNoFault(fault) && !hook.excuses(fault))
  if (confirmed && state !== 'committed' && state !== 'rolled-back')
    faults.push(`was told to be confirmed, and is ${state}`)
  return {
    state: hook.isOff ? `${state}, hook off` : state,
    openBefore,
    faults: [...faults, ...hook.faults],
    litter: found.filter(isNoFault),
  }
}

/** What waits for a controller: an open transaction, or one that is over and has not let go of the host. */
function findOpen(host: SimHost): string | null {
  const disk = host.disk()
  const state = tokenOf(disk, id)
  if (isOpen(state)) return state
  const isHeld = state !== 'failed' && disk.has(`/var/lib/nicfix/tx/${id}`)
  return isHeld && textOf(disk, '/var/lib/nicfix/lock')?.startsWith(`${id} `)
    ? `${state}, held`
    : null
}

// A temporary file, something half unpacked, one of the two names of a boot trigger: nothing reads them.
const isLitter = (fault: string) =>
  /^left behind: .*(\.tmp|\.part(\/.*)?|\/nicfix-[^/]*\.service)$/.test(fault) ||
  /^\/etc\/systemd\/system\/[^:]*nicfix-[^:]*: was absent/.test(fault)

// A lock whose owner has not even staged keeps nobody out.
const isStale = (fault: string) => fault === 'left behind: /var/lib/nicfix/lock'

/** A boot that was cut off while it swapped the driver may have been a panic: the next ones leave the driver alone. */
function judgeHook(host: SimHost, state: string) {
  const isOff = state === 'committed' && host.disk().has('/var/lib/nicfix/boot.attempt-i40e')
  const journal = readFileSync(join(host.root, 'kernel/journal'), 'utf8')
  const isLoud = !isOff || journal.includes('did not come back')
  return {
    isOff,
    excuses: (fault: string) => isOff && fault === 'i40e is not the new one',
    faults: isLoud ? [] : ['the hook is off and nobody was told'],
  }
}

const again = '20260102-0000-bbbb'
const reruns = new Map<string, Promise<readonly string[]>>()

/**
 * Does the whole job, done anew, end committed and without litter? Where it is committed already: is it taken back
 * without? Asked once of hosts that were left alike.
 */
export function rerun(host: SimHost, ground: Ground, rest: Rest): Promise<readonly string[]> {
  const isCommitted = rest.state.startsWith('committed')
  if (isCommitted && rest.litter.length === 0) return Promise.resolve([])
  const name = `${JSON.stringify(ground.kind)} ${nameRest(host.disk())}`
  const known = reruns.get(name)
  if (known) return known
  const faults = isCommitted ? takeBack(host, ground) : doAnew(host, ground)
  reruns.set(name, faults)
  return faults
}

async function takeBack(host: SimHost, { before, job }: Ground): Promise<readonly string[]> {
  await host.tx(id, 'rollback')
  await host.settled()
  const faults = await judge(host, before, job, id)
  return tokenOf(host.disk(), id) === 'rolled-back' ? faults : ['cannot be taken back', ...faults]
}

async function doAnew(host: SimHost, { kind, before }: Ground): Promise<readonly string[]> {
  const job = await planFor(kind.playbook, host.bootId, 100)
  // What is half unpacked could be just arriving: it has to go with the second transaction.
  const short = '20260102-0000-aaaa'
  await host.stage(job, short)
  await host.tx(short, 'cancel')
  const staged = await host.stage(job, again)
  if (staged.code !== 0) return [`cannot be staged anew: ${staged.stdout}${staged.stderr}`]
  for (const verb of ['build', 'arm', 'fire'] as const) {
    const { code, stderr } = await host.tx(again, verb)
    if (code !== 0) return [`anew: ${verb} ended with ${code}: ${stderr}`]
  }
  await host.until(again, 'tried')
  await host.tx(again, 'confirm')
  await host.settled()
  const faults = await judge(host, before, job, again)
  const state = tokenOf(host.disk(), again)
  return state === 'committed' ? faults : [`anew it is ${state}`, ...faults]
}
