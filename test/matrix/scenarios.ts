import type { Disk } from '../host/sim/disk.ts'
import { freshDisk, planFor, withHandMadeDriver } from '../host/sim/fresh.ts'
import type { Files, Job } from '../host/sim/fresh.ts'
import { lookAt } from '../host/sim/oracle.ts'
import type { Before } from '../host/sim/oracle.ts'
import type { Shell } from '../host/sim/root.ts'
import { SimHost } from '../host/sim/sim.ts'
import { id } from './controller.ts'
import type { Controller } from './controller.ts'

export type Playbook = 'i40e-upgrade' | 'e1000e-flow-control-off' | 'driver-revert' | 'own-command'
export type Kind = {
  readonly shell: Shell
  readonly systemd: boolean
  readonly playbook: Playbook
  readonly driversFromDisk?: true
}

/** What a host has beyond a plain Debian for the playbook to have work. */
const filesFor: Readonly<Record<Playbook, Files>> = {
  'i40e-upgrade': {},
  'e1000e-flow-control-off': {},
  'driver-revert': withHandMadeDriver,
  'own-command': { '/etc/motto': 'old\n' },
}

/** What all runs of a scenario start from, made once: disks of a host of that kind, and the plan for it. */
export type Ground = {
  readonly kind: Kind
  readonly before: Before
  readonly job: Job
  readonly bootId: string
  /** Untouched; staged and built; committed. */
  readonly disks: { readonly fresh: Disk; readonly built: Disk; readonly committed: Disk }
}

const confirmWithin = 20

export async function layGround(kind: Kind): Promise<Ground> {
  const host = await SimHost.start({ ...kind, disk: freshDisk(filesFor[kind.playbook]) })
  try {
    const before = lookAt(host)
    const { bootId } = host
    const job = await planFor(kind.playbook, bootId, confirmWithin)
    await host.stage(job, id)
    await host.tx(id, 'build')
    const built = host.disk()
    for (const verb of ['arm', 'fire'] as const) await host.tx(id, verb)
    await host.until(id, 'tried')
    await host.tx(id, 'confirm')
    await host.until(id, 'committed')
    await host.settled()
    return {
      kind,
      before,
      job,
      bootId,
      disks: { fresh: before.disk, built, committed: host.disk() },
    }
  } finally {
    await host.end()
  }
}

export type Scenario = {
  readonly name: string
  readonly from: keyof Ground['disks']
  /** `confirmed` is called when the host has answered that it took the confirmation. */
  readonly act: (controller: Controller, ground: Ground, confirmed: () => void) => Promise<void>
  /** What a process that was killed leaves undone is the next boot's to do, or to say. */
  readonly madeUpAtBoot?: true
}

export const scenarios: readonly Scenario[] = [
  {
    name: 'tried, confirmed, kept',
    from: 'fresh',
    async act(controller, { job }, confirmed) {
      await controller.stage(job)
      await controller.tx('build', 'arm', 'fire')
      await controller.until('tried')
      await controller.tx('confirm')
      confirmed()
      await controller.until('committed')
    },
  },
  {
    name: 'tried, not confirmed',
    from: 'built',
    async act(controller) {
      await controller.tx('arm', 'fire')
      await controller.until('tried')
      await controller.until('rolled-back')
    },
  },
  {
    name: 'armed, cancelled',
    from: 'built',
    async act(controller) {
      await controller.tx('arm', 'cancel')
    },
  },
  {
    name: 'committed, next boot',
    from: 'committed',
    act: controller => controller.boot(),
    madeUpAtBoot: true,
  },
  {
    name: 'committed, taken back',
    from: 'committed',
    async act(controller) {
      await controller.tx('rollback')
      await controller.until('rolled-back')
    },
  },
]

/** A host on which the scenario can begin. */
export async function setScene(
  { kind, disks, bootId }: Ground,
  { from }: Scenario,
): Promise<SimHost> {
  const sameBoot = from === 'committed' ? {} : { bootId }
  const host = await SimHost.start({ ...kind, ...sameBoot, disk: disks[from] })
  // The boot hook has work to do first.
  await host.settled()
  return host
}
