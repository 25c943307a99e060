/** A Debian release that lab hosts run the programs of; the kernel is the same in all of them. */
export type Release = {
  readonly name: string
  /** What a person calls it. */
  readonly title: string
  readonly suite: string
  /** Packages beside those that all releases have. */
  readonly packages: readonly string[]
  /** Packages whose files lie in /var/lib/lab/debs/PACKAGE with all that they need, and are not installed. */
  readonly laidIn: readonly string[]
}

/** The release that the kernel comes from, its modules are built on, and hosts run unless they are asked for by name. */
export const standard: Release = {
  name: 'debian-12',
  title: 'Debian 12',
  suite: 'bookworm',
  packages: ['linux-image-amd64', 'linux-headers-amd64', 'isc-dhcp-client'],
  laidIn: ['ifupdown2', 'network-manager'],
}

export const older: Release = {
  name: 'debian-11',
  title: 'Debian 11',
  suite: 'bullseye',
  packages: ['isc-dhcp-client'],
  laidIn: [],
}

/** Its ifupdown comes with dhcpcd, as a fresh installation of it does; what checks a file system is no part of its base. */
export const newer: Release = {
  name: 'debian-13',
  title: 'Debian 13',
  suite: 'trixie',
  packages: ['dhcpcd-base', 'e2fsprogs'],
  laidIn: [],
}

export const releases: readonly Release[] = [standard, older, newer]
