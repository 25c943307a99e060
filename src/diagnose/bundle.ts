import type { Collected } from './collected.ts'
import type { Known } from './devices.ts'
import type { Since } from './gather.ts'

/**
 * A bundle is a tar of named files, gzipped:
 *
 *     meta              "host h1", "kernel 6.1.0-50-amd64", "seconds 1763855523", "uptime 4711.30", a line each
 *     nic/NAME/WHAT     what a command said of a port: info (ethtool -i), pause (-a), features (-k), ring (-g), …
 *     reading/1 …       all counters, at one time each
 *     log/NAME          kernel logs: dmesg, journal, kern.log …
 */
export const isLog = (path: string): boolean => /^log\/[\w.-]+$/.test(path)

/** Only files of these names are read; whatever else a tar holds is passed over. */
export const isPart = (path: string): boolean =>
  isLog(path) ||
  path === 'meta' ||
  /^(?:nic\/[\w.:@+-]{1,15}\/[a-z-]+|reading\/\d{1,3})$/.test(path)

/** Sizes above which a file is cut, or the rest of a bundle left alone: no host makes as much. */
export const bundleLimits = {
  files: 4096,
  partBytes: 1024 * 1024,
  partsBytes: 64 * 1024 * 1024,
  logBytes: 512 * 1024 * 1024,
} as const

/** The ports of a collection, for tying lines to them. */
export function knownPorts({ ports }: Collected): Known[] {
  return ports.map(({ name, pci, driver, version, firmware, model, advertisedPause }) => ({
    name,
    pci,
    driver,
    version,
    firmware,
    model,
    advertisedPause,
  }))
}

/** When "two days ago" was, on the clocks of the host; on none of them where the collection does not say when it was. */
export function sinceOf(seconds: number | null, { at }: Collected): Since {
  const back = (now: number | null) => (seconds === null || now === null ? null : now - seconds)
  return { calendar: back(at.calendar), uptime: back(at.uptime) }
}
