import type { Facts } from '../model/facts.ts'
import { problem } from '../problems.ts'
import { refuse } from './context.ts'
import type { Action } from './context.ts'
import { persistInInterfaces } from './persist-interfaces.ts'
import { linkFilesSince, persistInLinkFile } from './persist-link.ts'

const readers = ['ifupdown', 'ifupdown2']
/** They leave settings as udev has set them, unless a profile of theirs says otherwise. */
const keepers = ['NetworkManager', 'systemd-networkd']

/**
 * Settings of every selected port at each boot, by the means of what configures the network here. Where
 * /etc/network/interfaces is read, it alone is written: two places would be one too many.
 */
export const persistSettings: Action<'nic.persist'> = (step, context) => {
  const { facts, host } = context
  if (facts.networkStacks.some(stack => readers.includes(stack)))
    return persistInInterfaces(step, context)
  if (facts.networkStacks.some(stack => keepers.includes(stack)) && hasLinkFiles(facts))
    return persistInLinkFile(step, context)
  const message = 'nicfix knows no place of this host where a port is set up at each boot.'
  const details = [
    `expected   ${readers.join(' or ')}, or ${keepers.join(' or ')} with systemd ${linkFilesSince}`,
    `found      ${facts.networkStacks.join(', ') || 'none that nicfix knows'}${facts.udev === null ? '' : `, systemd ${facts.udev}`}`,
  ]
  return refuse(problem('NF2030', message, byHand(facts.networkStacks), { host, details }))
}

const hasLinkFiles = ({ udev }: Facts): boolean => udev !== null && udev >= linkFilesSince

function byHand(stacks: readonly string[]): string {
  if (stacks.includes('NetworkManager'))
    return 'By hand: ethtool in a script of /etc/NetworkManager/dispatcher.d, for the action up'
  if (stacks.includes('initscripts'))
    return 'By hand: ETHTOOL_OPTS in /etc/sysconfig/network-scripts/ifcfg-NAME'
  return 'Leave nic.persist out, and set it again after each boot by your own means.'
}
