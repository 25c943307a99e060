import type { Nic, Pause } from '../model/facts.ts'

/** What `ethtool -i` says; empty strings where it says nothing. */
export type DriverInfo = {
  readonly driver: string
  readonly version: string
  readonly firmware: string
  readonly bus: string
}

/** Reads `ethtool -i`: lines "key: value", the same in every version (ethtool(8), dump_drvinfo in ethtool.c). */
export function parseDriverInfo(text: string): DriverInfo {
  const find = (key: string) =>
    text
      .split('\n')
      .find(line => line.startsWith(`${key}:`))
      ?.slice(key.length + 1)
      .trim() ?? ''
  return {
    driver: find('driver'),
    version: find('version'),
    firmware: find('firmware-version'),
    bus: find('bus-info'),
  }
}

/**
 * Reads `ethtool -a` as ethtool before 5.8 (ioctl, tabs) and since (netlink) prints it: the first four lines are the
 * same. "RX negotiated" is worked out by ethtool from both ends' advertisement, and so left alone.
 * @returns null where one of the three is missing: the driver has no pause parameters.
 */
export function parsePause(text: string): Pause | null {
  const found = new Map<string, boolean>()
  for (const line of text.split('\n')) {
    const match = /^(Autonegotiate|RX|TX):\s+(on|off)\s*$/.exec(line)
    if (match) found.set(match[1]!, match[2] === 'on')
  }
  const [autoneg, rx, tx] = ['Autonegotiate', 'RX', 'TX'].map(key => found.get(key))
  return autoneg === undefined || rx === undefined || tx === undefined ? null : { autoneg, rx, tx }
}

/** ethtool(8), -K: the short names, and what -k calls them. */
const features = new Map(
  Object.entries({
    'rx-checksumming': 'rx',
    'tx-checksumming': 'tx',
    'scatter-gather': 'sg',
    'tcp-segmentation-offload': 'tso',
    'generic-segmentation-offload': 'gso',
    'generic-receive-offload': 'gro',
    'large-receive-offload': 'lro',
    'rx-vlan-offload': 'rxvlan',
    'tx-vlan-offload': 'txvlan',
    'receive-hashing': 'rxhash',
  }),
)

/** Reads `ethtool -k`: lines "name: on|off", with "[fixed]" where nobody can change it. What is indented is a part of it. */
export function parseOffloads(text: string): Nic['offloads'] {
  return Object.fromEntries(
    text.split('\n').flatMap(line => {
      const [, long = '', state, fixed] = /^([\w-]+): (on|off)( \[fixed\])?/.exec(line) ?? []
      const name = features.get(long)
      return name === undefined ? [] : [[name, { on: state === 'on', fixed: fixed !== undefined }]]
    }),
  )
}

/** Reads `ethtool -g`: the maximums first, then what is set. Drivers print n/a, or 0, for rings that they have not. */
export function parseRing(text: string): Nic['ring'] {
  const [most = '', now = ''] = text.split(/^Current hardware settings:$/m)
  const ring = {
    rx: readNumber(now, 'RX'),
    tx: readNumber(now, 'TX'),
    maxRx: readNumber(most, 'RX'),
    maxTx: readNumber(most, 'TX'),
  }
  return Object.values(ring).includes(0) ? null : ring
}

function readNumber(part: string, key: string): number {
  const [, digits] = new RegExp(`^${key}:\\s+(\\d+)\\s*$`, 'm').exec(part) ?? []
  return digits === undefined ? 0 : Number(digits)
}

/** Reads `ethtool --show-eee`: "EEE status: enabled - active", "enabled - inactive", "disabled" or "not supported". */
export function parseEee(text: string): boolean | null {
  const [, state] = /^[ \t]*EEE status:[ \t]+(enabled|disabled)/m.exec(text) ?? []
  return state === undefined ? null : state === 'enabled'
}
