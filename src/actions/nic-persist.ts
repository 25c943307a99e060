import type { Facts, Nic } from '../model/facts.ts'
import { problem } from '../problems.ts'
import type { Problem } from '../problems.ts'
import { refuse } from './context.ts'
import type { Action } from './context.ts'
import { persistAtUp } from './persist-at-up.ts'
import { persistInInterfaces } from './persist-interfaces.ts'
import { linkFilesSince, persistInLinkFile } from './persist-link.ts'

const readers = ['ifupdown', 'ifupdown2']
/** They leave settings as udev has set them, unless a profile of theirs says otherwise. */
const keepers = ['NetworkManager', 'systemd-networkd']

/** They set a port up when they bring it up, and not before. */
const risers = ['NetworkManager', 'initscripts']

/**
 * Settings of every selected port at each boot, by the means of what configures the network here. Where
 * /etc/network/interfaces is read, it alone is written: two places would be one too many.
 */
export const persistSettings: Action<'nic.persist'> = (step, context) => {
  const { facts, host } = context
  const odd = context.nics.filter(({ name }) => !/^[A-Za-z0-9_.:][A-Za-z0-9_.:-]*$/.test(name))
  if (odd.length > 0) return refuse(...odd.map(nic => cannotWrite(nic, host)))
  if (facts.networkStacks.some(stack => readers.includes(stack)))
    return persistInInterfaces(step, context)
  if (facts.networkStacks.some(stack => keepers.includes(stack)) && hasLinkFiles(facts))
    return persistInLinkFile(step, context)
  if (facts.networkStacks.some(stack => risers.includes(stack))) return persistAtUp(step, context)
  const message = 'nicfix knows no place of this host where a port is set up at each boot.'
  const details = [
    `expected   ${[...readers, ...risers].join(' or ')}, or systemd-networkd with systemd ${linkFilesSince}`,
    `found      ${facts.networkStacks.join(', ') || 'none that nicfix knows'}${facts.udev === null ? '' : `, systemd ${facts.udev}`}`,
  ]
  const next = 'Leave nic.persist out, and set it again after each boot by your own means.'
  return refuse(problem('NF2030', message, next, { host, details }))
}

/** The kernel takes any name without a slash or a blank; the files that keep a setting are read by shells. */
function cannotWrite({ name, pci }: Nic, host: string): Problem {
  const message = 'A port has a name that a shell would take for more than a name.'
  const details = [`found      ${JSON.stringify(name)} ${pci}`]
  return problem('NF2030', message, 'Give the port a plain name.', { host, details })
}

const hasLinkFiles = ({ udev }: Facts): boolean => udev !== null && udev >= linkFilesSince
