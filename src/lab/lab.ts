import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { problem, Trouble } from '../problems.ts'
import type { DriverIndex } from './drivers.ts'
import { createHost, readPackages, stop } from './hosts.ts'
import { ensureImage, haveImage } from './image.ts'
import { withLock } from './lock.ts'
import { cacheDir, hostDir } from './paths.ts'
import type { Say } from './progress.ts'
import { sayNothing, seconds } from './progress.ts'
import { pruneCache } from './prune.ts'
import { imageId } from './recipe.ts'
import type { Snapshot } from './snapshot.ts'
import { ensureSnapshot } from './snapshot.ts'
import { runInTerminal } from './ssh.ts'
import type { LabHost } from './state.ts'
import { checkName, readState, runningState } from './state.ts'
import { whyNot } from './tools.ts'
import { hostNames, releaseOf, topologyOf } from './topology.ts'

export { buildModule } from './build.ts'
export { guestExec, hardReset, powerCut, reboot, reset, setLink } from './power.ts'
export { sshArguments } from './ssh.ts'
export { labStatus } from './status.ts'
export type { LabStatus } from './status.ts'
export type { LabHost } from './state.ts'

/** The names that the lab knows, up or not. */
export const labHostNames = (): readonly string[] => hostNames

/** The host of that name while it is up; reads two small files. */
export function findLabHost(name: string): LabHost | undefined {
  return runningState(name)?.host
}

/**
 * A shell on a lab host in this terminal, or one command there; the exit code of the ssh client.
 * @throws {Trouble} NF8003 when the host is not up.
 */
export async function openShell(name: string, command: readonly string[]): Promise<number> {
  const host = findLabHost(name)
  if (host) return runInTerminal(host, command)
  const next = `Run: nicfix lab up ${name}`
  throw new Trouble(problem('NF8003', `${name} is not up, or there is no such lab host.`, next))
}

/** Whether this machine can run the lab, installing packages if need be; it does nothing yet. */
export async function labReady(): Promise<{ ok: true } | { ok: false; why: string }> {
  const why = whyNot(!haveImage())
  return why === undefined ? { ok: true } : { ok: false, why }
}

/**
 * The driver packages of the present images, the same in all: `i40e-2.13.10`, `i40e-2.13.10-<misbehaviour>`, `e1000e-3.8.7-lab`.
 * @throws {Trouble} NF8003 when the image is not made yet.
 */
export function driverPackages(): DriverIndex {
  if (haveImage()) return readPackages(imageId())
  throw new Trouble(
    problem('NF8003', 'The image of the lab hosts is not made yet.', 'Run: nicfix lab up'),
  )
}

/**
 * Brings hosts up that are not: builds the image and boots it once if need be, then wakes each from the snapshot.
 * @throws {Trouble} NF8001, NF8002, NF8003
 */
export async function up(names: string[], say: Say = sayNothing): Promise<LabHost[]> {
  names.forEach(checkName)
  if (names.every(findLabHost)) return Promise.all(names.map(name => upOne(name, say)))
  for (const name of names) await prepare(name, say)
  await pruneCache()
  return Promise.all(names.map(name => upOne(name, say)))
}

/** Makes the image of a host, and boots it once, unless that was done before. */
async function prepare(name: string, say: Say): Promise<{ image: string; snapshot: Snapshot }> {
  const [topology, release] = [topologyOf(name), releaseOf(name)]
  if (!topology || !release) throw new Error(`no topology for ${name}`)
  const image = await ensureImage(say, release)
  return { image, snapshot: await ensureSnapshot(image, topology, say) }
}

async function upOne(name: string, say: Say): Promise<LabHost> {
  const running = runningState(name)
  if (running) {
    const old =
      running.image !== imageId(releaseOf(name))
        ? ', of an older image (`nicfix lab down` ends that)'
        : ''
    say(`lab: ${name} is up${old}`)
    return running.host
  }
  return withLock(join(cacheDir(), `${name}.lock`), say, async () => {
    const now = findLabHost(name)
    if (now) return now
    const { image, snapshot } = await prepare(name, say)
    const start = performance.now()
    const host = await createHost(name, image, snapshot)
    say(`lab: ${name} is up after ${seconds(start)} s: ssh on port ${host.port}`)
    return host
  })
}

/** Ends hosts at once and removes all that was theirs; one that is down stays so. */
export async function down(names: string[]): Promise<void> {
  names.forEach(checkName)
  for (const name of names) {
    const state = readState(name)
    if (state) await stop(state)
    await rm(hostDir(name), { recursive: true, force: true })
  }
}
