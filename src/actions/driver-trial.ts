import { childrenOf } from '../facts/layers.ts'
import type { Facts, Module, Nic } from '../model/facts.ts'
import type { SwapDriver } from '../model/plan.ts'
import { problem } from '../problems.ts'
import type { Problem } from '../problems.ts'
import { findBuild, findBuildStep, leave, portsOf, refuse } from './context.ts'
import type { Action, Context, Outcome } from './context.ts'
import { nameLoaded } from './driver-build.ts'

/** Upper bound of a swap: unload and load, links up, network restored; each port is restored by itself. */
export function estimateOutage(ports: number): number {
  return 18 + 2 * ports
}

/** Loads the built module in place of the running one, in memory only. */
export const tryDriver: Action<'driver.trial'> = (step, context) => {
  const buildStep = findBuildStep(context.playbook, { id: step.with.from })
  if (!buildStep) return refuse(unknownBuild(context, step.id, step.with.from))
  const build = findBuild(context.drafts, buildStep.id)
  if (!build) return leave()
  return swapDriver(step.id, context, {
    module: build.module,
    version: build.version,
    source: { from: buildStep.id },
    file: '<build>/module.ko',
    says: [`${build.version} loaded`, 'build-id as built'],
  })
}

type Wanted = Pick<SwapDriver, 'module' | 'version' | 'source'> & {
  /** The file as the commands name it. */
  readonly file: string
  /** What will be proven of the driver. */
  readonly says: readonly string[]
}

/** Loads another build of the driver in place of the running one, in memory only. */
export function swapDriver(step: string, context: Context, wanted: Wanted): Outcome {
  const { module: name, version, source, file, says } = wanted
  const former = findFormer(context, name)
  if ('code' in former) return refuse(former)

  const ports = portsOf(context.facts, name)
  const { layers } = context.facts
  for (const nic of ports) {
    const children = childrenOf(nic, layers)
    const lost = children.filter(child => !comesBack.test(layers[child]?.kind ?? ''))
    if (lost.length > 0) return refuse(lostWithPort(context, nic, lost))
    const odd = context.facts.unrestorable.filter(({ device }) =>
      [nic.name, ...children].includes(device),
    )
    if (odd.length > 0) return refuse(unlikeBefore(context, nic, odd))
  }
  const seconds = estimateOutage(ports.length)
  const names = ports.map(nic => nic.name).join(' ')
  const ssh = ports.some(nic => context.facts.sshPath.includes(nic.name))
  const { options } = former.module
  return {
    notes: [],
    warnings: [],
    changes: [
      {
        kind: 'swap-driver',
        phase: 'trial',
        step,
        title: `swap ${name} in memory`,
        reason: `${nameLoaded(context, name)} → ${version || "the kernel's own"} on ${names}`,
        certainty: 'bounded',
        commands: [
          `modprobe -r ${name}`,
          `insmod ${file}${options === '' ? '' : ` ${options}`}`,
          ...bringUp(context, ports),
        ],
        impact: {
          link: 'outage',
          seconds,
          text: `OUTAGE ≤ ${seconds} s on ${names}${ssh ? '; this SSH session will drop' : ''}`,
        },
        undo: {
          class: 'inverse',
          text: `swap back to ${former.file.replace(`/lib/modules/${context.facts.kernel}/`, '')}`,
          seconds,
        },
        checks: [
          says.join(', '),
          'same names, MACs, addresses, routes, MTU, master',
          'link on each port that had one',
          'gateway answers, new SSH session',
        ],
        bounds: [`link-down time ≤ ${seconds} s; spanning tree on the switch port may add 30 s`],
        diff: '',
        module: name,
        version,
        source,
        ports: ports.map(nic => nic.pci),
        formerFile: former.file,
        formerBuildId: former.buildId,
        options,
      },
    ],
  }
}

/** NF1020: the playbook was loaded without its own check; said here once more, because a plan depends on it. */
export function unknownBuild(context: Context, step: string, from: string): Problem {
  return problem(
    'NF1020',
    `Step "${step}" refers to a build that the playbook does not have: "${from}".`,
    'Name a step that uses driver.build.',
    {
      host: context.host,
    },
  )
}

/** What is made of a port vanishes with it; the host makes these anew. A macvtap does too, but its guest has lost it. */
const comesBack = /^(vlan|macvlan)$/

function lostWithPort({ host }: Context, nic: Nic, lost: readonly string[]): Problem {
  return problem(
    'NF2031',
    `Devices that are stacked on ${nic.name} would be lost: a reload destroys them, and nicfix cannot make them anew.`,
    'Put them under a bridge or bond, or upgrade this host by hand from its console.',
    { host, details: [`found      ${lost.join(' ')} on ${nic.name}`] },
  )
}

function unlikeBefore({ host }: Context, nic: Nic, odd: Facts['unrestorable']): Problem {
  return problem(
    'NF2031',
    `A reload of the driver of ${nic.name} would lose what nicfix cannot put back.`,
    'Take it away for the time being, or upgrade this host by hand from its console.',
    { host, details: odd.map(({ device, what }) => `found      ${what} on ${device}`) },
  )
}

export function notLoaded({ host }: Context, name: string): Problem {
  return problem(
    'NF2031',
    `${name} is not loaded as a module: it could not be taken out, or put back.`,
    'Use a kernel that has the driver as a module.',
    { host, details: [`found      no /sys/module/${name} with a file`] },
  )
}

/** The file on the disk with the code that is loaded now: without it there is no way back. */
function findFormer(
  context: Context,
  name: string,
): { module: Module; file: string; buildId: string } | Problem {
  const { facts, host } = context
  const no = (message: string, next: string, details: string[]) =>
    problem('NF2031', message, next, { host, details })
  const module: Module | undefined = facts.modules[name]
  if (!module) return notLoaded(context, name)
  const { buildId, copyBuildIds } = module
  if (buildId === null) {
    return no(
      `The build of the loaded ${name} cannot be told: nicfix could not know what to put back.`,
      'Use a kernel whose modules carry a build-id.',
      [`expected   /sys/module/${name}/notes/.note.gnu.build-id`],
    )
  }
  const file = module.copies.find(copy => copyBuildIds[copy] === buildId)
  if (file !== undefined) return { module, file, buildId }
  return no(
    `No file on the disk is the ${name} that is loaded: a rollback would have nothing to load.`,
    `Load a driver that is on the disk: boot once, or reinstall the kernel package of ${facts.kernel}.`,
    [
      `loaded     build-id ${buildId}`,
      ...module.copies.map(copy => `found      ${copy} build-id ${copyBuildIds[copy] ?? 'none'}`),
      'why        the initramfs may carry a copy of its own; nicfix does not take it apart',
    ],
  )
}

function bringUp({ facts }: Context, ports: readonly Nic[]): string[] {
  const isIfupdown = facts.networkStacks[0]?.startsWith('ifupdown') ?? false
  const used = ports.filter(nic => nic.up)
  return [
    ...used.map(({ name }) => `ip link set ${name} up`),
    ...(isIfupdown ? used.map(({ name }) => `ifup --force ${name}`) : []),
  ]
}
