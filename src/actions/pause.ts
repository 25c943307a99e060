import type { Facts, Nic, Pause } from '../model/facts.ts'
import { problem } from '../problems.ts'
import type { Problem } from '../problems.ts'

/** Pause as a playbook asks for it; without `autoneg` the driver's rule decides. */
export type WantedPause = {
  readonly autoneg?: boolean | undefined
  readonly rx: boolean
  readonly tx: boolean
}

type Rule = {
  /** Does the driver only take rx and tx while pause autonegotiation is off? Then it must be renegotiated after. */
  readonly ownAutoneg: boolean
  /** Why pause must not be turned off, where it must not. */
  readonly keep: string | null
}

/**
 * How each driver takes `ethtool -A`; from the drivers' set_pauseparam in drivers/net/ethernet/intel/. A driver that is
 * not in here is refused: guessing costs a server.
 */
const rules: Readonly<Record<string, Rule>> = {
  // With autoneg on they ignore rx and tx; with it off they set them, and tell the partner at the next negotiation only.
  e1000e: { ownAutoneg: true, keep: null },
  igb: { ownAutoneg: true, keep: null },
  // Answers EOPNOTSUPP to any autoneg but that of the link.
  i40e: {
    ownAutoneg: false,
    keep: "Intel's README: without flow control the port may hang in transmission and need a reboot",
  },
}

/** Words after `ethtool -A <nic>`, in the order in which the host reads them back. */
export function sayPause({ autoneg, rx, tx }: Pause): string {
  return `autoneg ${onOff(autoneg)} rx ${onOff(rx)} tx ${onOff(tx)}`
}

function onOff(on: boolean): string {
  return on ? 'on' : 'off'
}

/** What the port is to have, and whether the link partner must be told by a new negotiation; NF2022 where it cannot be. */
export function judgePause(
  nic: Nic,
  wanted: WantedPause,
  place: { host: string; step: string },
): { want: Pause; renegotiate: boolean } | Problem {
  const no = (message: string, next: string, details: string[] = []) =>
    problem('NF2022', message, next, {
      host: place.host,
      details: [...details, `step       ${place.step}`],
    })
  const found = `found      ${nic.name} ${nic.pci} driver ${nic.driver}`
  const rule = rules[nic.driver]
  if (nic.pause === null)
    return no(
      `${nic.name} has no pause parameters.`,
      'Match NICs that have them, or leave the step out.',
      [found],
    )
  if (!rule)
    return no(
      `nicfix does not know how the driver ${nic.driver} takes pause parameters.`,
      'Narrow the match of the playbook to e1000e or igb.',
      [found],
    )
  if (rule.keep !== null && !(wanted.rx && wanted.tx))
    return no(
      `Flow control must not be turned off on ${nic.name}.`,
      'Update the driver instead: playbooks/i40e-upgrade.yaml.',
      [found, `why        ${rule.keep}`],
    )

  const autoneg = wanted.autoneg ?? (rule.ownAutoneg ? false : nic.pause.autoneg)
  if (rule.ownAutoneg && autoneg && !(wanted.rx && wanted.tx))
    return no(
      `${nic.name} ignores rx and tx while pause autonegotiation is on.`,
      'Write autoneg: off in the playbook.',
      [found],
    )
  if (!rule.ownAutoneg && autoneg !== nic.pause.autoneg)
    return no(
      `${nic.name} cannot change pause autonegotiation by itself.`,
      'Leave autoneg out of the playbook.',
      [found],
    )
  return { want: { autoneg, rx: wanted.rx, tx: wanted.tx }, renegotiate: rule.ownAutoneg }
}

/** Where ethtool lies on the host. */
export function ethtoolPath(facts: Facts): string {
  const path = facts.commands['ethtool']
  return path?.startsWith('/') ? path : '/usr/sbin/ethtool'
}
