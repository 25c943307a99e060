import type { Facts, Nic } from '../model/facts.ts'
import { risks } from '../model/playbook.ts'
import type { Refusal } from '../model/playbook.ts'
import { problem } from '../problems.ts'
import type { Problem } from '../problems.ts'
import { elsewhereOn } from './riders.ts'

/** One condition: what it says where all is well, or what stands against it. */
type Finding =
  | { readonly ok: string }
  | { readonly message: string; readonly found: string; readonly next: string }

/** Ports are those that the plan takes down or sets. */
const findings: Readonly<Record<Refusal, (facts: Facts, ports: readonly Nic[]) => Finding>> = {
  'vf-in-use'(_, ports) {
    const used = ports.filter(nic => nic.virtualFunctions > 0)
    if (used.length === 0) return { ok: 'no virtual functions in use' }
    return {
      message:
        'Virtual functions are in use: they vanish with the driver, and a guest that holds one hangs the port.',
      found: used
        .map(
          ({ name, virtualFunctions, guestFunctions }) =>
            `${name} has ${virtualFunctions}${guestFunctions > 0 ? `, guests hold ${guestFunctions}` : ''}`,
        )
        .join('; '),
      next: 'Stop the guests and write 0 to sriov_numvfs of those ports, then plan again.',
    }
  },
  'rdma-loaded'({ rdmaLoaded }) {
    if (rdmaLoaded.length === 0) return { ok: 'no RDMA driver loaded' }
    return {
      message:
        'An RDMA driver is loaded: it does not outlive the reload of the NIC driver below it.',
      found: rdmaLoaded.join(', '),
      next: `Stop what uses it, run modprobe -r ${rdmaLoaded.join(' ')}, then plan again.`,
    }
  },
  'root-on-network'({ rootOnNetwork }) {
    if (!rootOnNetwork) return { ok: 'root not on the network' }
    return {
      message:
        'The host has its root, or a disk, on the network: it would lose it together with the link.',
      found: 'a network file system at /, iSCSI or NVMe over a fabric',
      next: 'There is no safe way over SSH: change this host from a rescue system.',
    }
  },
  'unsigned-module-rejected'({ unsignedRejected }) {
    if (!unsignedRejected) return { ok: 'kernel accepts unsigned modules' }
    return {
      message: 'The kernel rejects unsigned modules: a driver that is built here would not load.',
      found: 'module.sig_enforce, or kernel lockdown (Secure Boot)',
      next: "Use the distribution's own newer driver, or enrol a key and sign the module.",
    }
  },
  'last-bond-member'({ bonds }, ports) {
    const names = new Set(ports.map(nic => nic.name))
    const lost = Object.entries(bonds).filter(
      ([, members]) => members.length > 0 && members.every(port => names.has(port)),
    )
    if (lost.length === 0) return { ok: 'no bond loses its last port' }
    return {
      message: 'A bond would lose all of its ports at once.',
      found: lost.map(([bond, members]) => `${bond}: ${members.join(' ')}`).join(', '),
      next: 'Add a port of another driver to the bond',
    }
  },
  'child-elsewhere'(facts, ports) {
    const lost = ports.flatMap(port => elsewhereOn(port, facts))
    if (lost.length === 0) return { ok: 'no container device on these ports' }
    return {
      message:
        'Devices in other network namespaces are built on a port: they vanish with it, and nicfix cannot make them anew.',
      found: lost
        .map(({ device, kind, on, where }) => `${kind} ${device} on ${on} (${where})`)
        .join(', '),
      next: 'Stop those containers and start them again afterwards',
    }
  },
  'openvswitch-port'({ layers }, ports) {
    const found = ports.filter(({ uppers }) =>
      uppers.some(name => layers[name]?.kind === 'openvswitch'),
    )
    if (found.length === 0) return { ok: 'no Open vSwitch port' }
    return {
      message:
        'A port belongs to Open vSwitch: whether it is taken in again is up to ovs-vswitchd.',
      found: found.map(({ name }) => name).join(', '),
      next: 'Take the port out of the switch for the time being',
    }
  },
  'cluster-member'({ clusterDaemons }) {
    if (clusterDaemons.length === 0) return { ok: 'no cluster member' }
    return {
      message:
        'The host belongs to a cluster, which may fence it or take its addresses away when the link is down.',
      found: clusterDaemons.join(', '),
      next: 'Put the host into maintenance',
    }
  },
}

/** Judges one condition of `refuse-when` from the facts alone. @returns its good end as text, or NF2020. */
export function judge(
  refusal: Refusal,
  facts: Facts,
  ports: readonly Nic[],
  host: string,
): { ok: string } | Problem {
  const finding = findings[refusal](facts, ports)
  if ('ok' in finding) return finding
  const isRisk = risks.some(risk => risk === refusal)
  const next = isRisk
    ? `${finding.next}, or take it upon you: --accept-risk ${refusal}`
    : finding.next
  return problem('NF2020', finding.message, next, {
    host,
    details: [`condition  ${refusal}`, `found      ${finding.found}`],
  })
}

/** A rollback that did not finish blocks everything until a human has seen to it. */
export function judgeTransactions(
  { openTransactions }: Facts,
  host: string,
): { warnings: string[] } | Problem {
  const failed = openTransactions.filter(text => text.endsWith(' failed'))
  if (failed.length > 0) {
    return problem(
      'NF2020',
      'An earlier rollback on this host is not complete.',
      'Follow MANUAL.txt on the host, then nicfix status.',
      {
        host,
        details: failed.map(
          text => `found      /var/lib/nicfix/tx/${text.split(' ')[0]}/MANUAL.txt`,
        ),
      },
    )
  }
  return {
    warnings: openTransactions.map(
      text => `A transaction has not ended on this host: ${text}. See nicfix status.`,
    ),
  }
}
