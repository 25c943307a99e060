import type { Risk } from '../model/playbook.ts'
import { blipSeconds, cannotSet, onOff, sayNow } from './setting.ts'
import type { Judge } from './setting.ts'

type Rule = {
  /** Does the driver only take rx and tx while pause autonegotiation is off? Then it must be renegotiated after. */
  readonly ownAutoneg: boolean
  /** Why pause must not be turned off, where it must not, and by which name a playbook may do so all the same. */
  readonly keep: { readonly why: string; readonly risk: Risk } | null
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
    keep: {
      why: "Intel's README: without flow control the port may hang in transmission and need a reboot",
      risk: 'i40e-pause-off',
    },
  },
}

/** Pause frames. Without `autoneg` the driver's rule decides. */
export const judgePause: Judge<'pause'> = (nic, wanted, place) => {
  const no = (message: string, next: string, ...details: string[]) =>
    cannotSet(nic, place, message, next, ...details)
  const rule = rules[nic.driver]
  if (nic.pause === null)
    return no(
      `${nic.name} has no pause parameters.`,
      'Match NICs that have them, or leave the step out.',
    )
  if (!rule)
    return no(
      `nicfix does not know how the driver ${nic.driver} takes pause parameters.`,
      'Narrow the match of the playbook to e1000e or igb.',
    )
  const risky = wanted.rx && wanted.tx ? null : rule.keep
  if (risky && !place.accepted.includes(risky.risk))
    return no(
      `Flow control must not be turned off on ${nic.name}.`,
      `Update the driver instead: playbooks/i40e-upgrade.yaml. Or take it upon the playbook: accept-risk: [${risky.risk}]`,
      `why        ${risky.why}`,
    )

  const autoneg = wanted.autoneg ?? (rule.ownAutoneg ? false : nic.pause.autoneg)
  if (rule.ownAutoneg && autoneg && !(wanted.rx && wanted.tx))
    return no(
      `${nic.name} ignores rx and tx while pause autonegotiation is on.`,
      'Write autoneg: off in the playbook.',
    )
  if (!rule.ownAutoneg && autoneg !== nic.pause.autoneg)
    return no(
      `${nic.name} cannot change pause autonegotiation by itself.`,
      'Leave autoneg out of the playbook.',
    )
  return {
    want: `autoneg ${onOff(autoneg)} rx ${onOff(wanted.rx)} tx ${onOff(wanted.tx)}`,
    before: sayNow(nic, 'pause'),
    renegotiate: rule.ownAutoneg,
    seconds: blipSeconds,
    ...(risky && { warning: risky.why }),
  }
}
