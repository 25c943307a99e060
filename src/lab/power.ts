import { problem, Trouble } from '../problems.ts'
import { execByAgent } from './agent.ts'
import { awake, renewDisk, start, stop } from './hosts.ts'
import { hostDir } from './paths.ts'
import { askQemu } from './qmp.ts'
import { needState } from './state.ts'
import { topologyOf } from './topology.ts'

/**
 * Puts a host back to where it was after its first boot: disk, memory, network. Works on a dead one too.
 * A new QEMU wakes as fast as an old one goes back, and boots no slower later: the old one's translations stay behind.
 * @throws {Trouble} NF8002, NF8003
 */
export async function reset(name: string): Promise<void> {
  const state = needState(name)
  await stop(state)
  await renewDisk(state)
  await start(state, 'snapshot')
}

/**
 * Has the guest reboot in order; returns when ssh answers with a new boot id.
 * @throws {Trouble} NF8002, NF8003
 */
export async function reboot(name: string): Promise<void> {
  const { host } = needState(name)
  const before = await guestExec(name, 'cat /proc/sys/kernel/random/boot_id')
  await guestExec(name, 'systemctl --no-block reboot').catch(() => undefined)
  await awake(host, 'disk', before.out.trim())
}

/** Presses the reset button; returns when ssh answers again. What the guest had not written yet is lost. */
export async function hardReset(name: string): Promise<void> {
  const { host } = needState(name)
  const before = await guestExec(name, 'cat /proc/sys/kernel/random/boot_id').catch(() => undefined)
  await askQemu(hostDir(name), 'system_reset')
  await awake(host, 'disk', before?.out.trim())
}

/** Cuts the power, then boots from the disk as it was left; returns when ssh answers. */
export async function powerCut(name: string): Promise<void> {
  const state = needState(name)
  await stop(state)
  await start(state, 'disk')
}

/** Unplugs or plugs the cable of a port; the guest sees it within two seconds. */
export async function setLink(name: string, nic: 'eno1' | 'eno3', up: boolean): Promise<void> {
  needState(name)
  await askQemu(hostDir(name), 'set_link', { name: topologyOf(name)?.links[nic], up })
}

/**
 * Runs a shell command in the guest, past the network: it works with every NIC dead.
 * @throws {Trouble} NF8002 when the guest does not answer or the command is not done in time.
 */
export async function guestExec(
  name: string,
  sh: string,
  timeoutMs = 60_000,
): Promise<{ code: number; out: string }> {
  needState(name)
  try {
    return await execByAgent(hostDir(name), sh, timeoutMs)
  } catch (error) {
    const details = [error instanceof Error ? error.message : String(error)]
    const next = `\`nicfix lab reset ${name}\` puts it back.`
    throw new Trouble(
      problem('NF8002', `${name} does not answer inside.`, next, { details, host: name }),
    )
  }
}
