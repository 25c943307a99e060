import type { Pause } from '../model/facts.ts'

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
