import semver from 'semver'

/** What a driver says of its version, sorted out. `text` of a release is a semver version. */
export type DriverVersion =
  | { readonly kind: 'none' }
  /** The kernel's own driver. `text` is null since 5.9, where such drivers lost their versions. */
  | { readonly kind: 'in-tree'; readonly text: string | null }
  | { readonly kind: 'release'; readonly text: string }

/**
 * Sorts out a driver version as `ethtool -i` prints it.
 *
 *     ""              none
 *     "6.1.0-50-amd64" on that kernel: in-tree, no version ("net/intel: remove driver versions from Intel drivers", 5.9)
 *     "1.6.27-k"      in-tree 1.6.27
 *     "3.8.7-NAPI"    release 3.8.7
 *     "3.8.7-lab"     release 3.8.7-lab
 *     "2.10.19.82"    release 2.10.19+82
 * @param kernel `uname -r`
 */
export function readVersion(version: string, kernel: string): DriverVersion {
  const trimmed = version.trim()
  if (trimmed === kernel) return { kind: 'in-tree', text: null }
  const match = /^v?(\d+)\.(\d+)(?:\.(\d+))?(?:\.(\d+))?((?:-[\dA-Za-z.]+)*)$/.exec(trimmed)
  if (!match) return { kind: 'none' }

  const [, major, minor, patch = '0', build, suffix = ''] = match
  const words = suffix.split('-').filter(word => word !== '')
  const kept = words.filter(word => !/^(k\d*|NAPI)$/.test(word))
  const number = [major, minor, patch].map(part => String(Number(part))).join('.')
  const text = semver.parse(
    number +
      (kept.length > 0 ? `-${kept.join('-')}` : '') +
      (build === undefined ? '' : `+${build}`),
  )?.raw
  if (text === undefined) return { kind: 'none' }
  return words.some(word => /^k\d*$/.test(word))
    ? { kind: 'in-tree', text }
    : { kind: 'release', text }
}

/**
 * Is the version one of those that the ranges name? A range is a semver range, or the word 'in-tree'; one that fits is
 * enough. A pre-release counts as lying in a range like any other version (semver's includePrerelease).
 * A driver without a version fits 'in-tree' only where it is known to be in-tree.
 */
export function matchesVersion(
  version: string,
  kernel: string,
  ranges: string | readonly string[],
): boolean {
  const found = readVersion(version, kernel)
  return [ranges].flat().some(range => {
    if (found.kind === 'none') return false
    if (range === 'in-tree') return found.kind === 'in-tree'
    return found.text !== null && semver.satisfies(found.text, range, { includePrerelease: true })
  })
}

/** Do both texts name the same release? "2.13.10" and "2.13.10-NAPI" do; a driver in the tree is never a release. */
export function isRelease(version: string, wanted: string, kernel: string): boolean {
  if (version === wanted) return true
  const [found, other] = [readVersion(version, kernel), readVersion(wanted, kernel)]
  return found.kind === 'release' && other.kind === 'release' && found.text === other.text
}

/** Can the text stand as a range in a playbook? */
export function isVersionRange(text: string): boolean {
  return text === 'in-tree' || semver.validRange(text) !== null
}
