import { z } from 'zod'
import { count, flag, list, map, sha256, shape, text } from './shape.ts'

/** Pause (flow control) parameters as `ethtool -a` shows them. */
const pause = shape({ autoneg: flag, rx: flag, tx: flag })
export type Pause = z.infer<typeof pause>

/** A network port that has a PCI function behind it. Everything is as the kernel says, nothing is derived. */
const nic = shape({
  name: text,
  /** "0000:00:1f.6": the identity that survives a reload, where the name may not. */
  pci: text,
  /** "8086:10d3", vendor and device. */
  pciId: text,
  mac: text,
  /** The one it was made with, by `ethtool -P`; null where it says none. */
  permanentMac: text.nullable(),
  /** The systemd.link(5) file by which udev has set the port up; null where udev is not systemd's. */
  linkFile: text.nullable(),
  driver: text,
  /** `ethtool -i` version, as printed: "1.6.27-k", "6.1.0-50-amd64" (the kernel's own: in-tree), "2.13.10". */
  version: text,
  firmware: text,
  up: flag,
  carrier: flag,
  /** Mb/s, or null without a link. */
  speed: count.nullable(),
  duplex: z.enum(['full', 'half']).nullable(),
  mtu: count,
  /** Bridge or bond it is a port of. */
  master: text.nullable(),
  /** Devices stacked on it: VLANs, macvlans, its bridge or bond, and so on upwards. */
  uppers: list(text),
  /** "10.0.2.15/24" … */
  addresses: list(text),
  /** null where the driver has no pause parameters. */
  pause: pause.nullable(),
  /** Features of `ethtool -k` that ethtool has a short name for, by that name: tso, gso, rx … */
  offloads: map(shape({ on: flag, fixed: flag })),
  /** Descriptors, and how many there may be; null where the driver does not tell. */
  ring: shape({ rx: count, tx: count, maxRx: count, maxTx: count }).nullable(),
  /** Energy-efficient Ethernet; null where the driver or the port has none. */
  eee: flag.nullable(),
  virtualFunctions: count,
  /** Those of them that are handed through to guests (vfio-pci). */
  guestFunctions: count,
})
export type Nic = z.infer<typeof nic>

/** One driver of a NIC of the host: what is loaded, and what `modprobe` would load next. */
const module = shape({
  name: text,
  /** `/sys/module/M/version`; null for in-tree drivers since 5.9 (they have none). */
  version: text.nullable(),
  /** GNU build-id of the loaded code, hex: the identity that always exists. */
  buildId: text.nullable(),
  /** Flags of `/sys/module/M/taint`: O out of tree, E unsigned. */
  taint: text,
  holders: list(text),
  /** depmod's choice for the next load, by `modinfo -F filename`. */
  file: text.nullable(),
  fileBuildId: text.nullable(),
  fileVermagic: text.nullable(),
  /** Every `M.ko*` under /lib/modules of the running kernel. */
  copies: list(text),
  /** GNU build-id of each of them; null where it cannot be read. */
  copyBuildIds: map(text.nullable()),
  /** What `modprobe -c` says for it, e.g. "IntMode=0,0,0,0". */
  options: text,
  /** True when the running kernel's initramfs carries a copy; null when nothing on the host can tell. */
  inInitramfs: flag.nullable(),
})
export type Module = z.infer<typeof module>

/** A file that a playbook may write, as it is now. */
const fileFact = z.discriminatedUnion('kind', [
  shape({ kind: z.literal('absent') }),
  shape({
    kind: z.literal('file'),
    /** "0644" */
    mode: text,
    /** "0:0" */
    owner: text,
    sha256,
    /** Bytes as latin1 text would mangle; so base64-decoded UTF-8, null when it is not UTF-8 or over 256 KiB. */
    text: text.nullable(),
    /** Set where the path is a symlink: the file that is really written. */
    realPath: text,
  }),
  /** A directory, a socket, something unreadable … */
  shape({ kind: z.literal('other'), what: text }),
])
export type FileFact = z.infer<typeof fileFact>

/** `/var/lib/nicfix/boot.d/<module>`: what the boot hook swaps in, left by an earlier run. */
const bootRecord = shape({
  module: text,
  kernel: text,
  version: text,
  file: text,
  sha256: text,
  buildId: text,
  /** sha256 of the source tarball that it was built from. */
  source: text,
  /** sha256 of `file` as it is on the disk now; null when it is gone. */
  fileSha256: text.nullable(),
})
export type BootRecord = z.infer<typeof bootRecord>

/** What one read-only probe found on one host. Kept in a file it makes plans offline. */
export const factsSchema = shape({
  format: z.literal('nicfix.facts/1'),
  machineId: text,
  bootId: text,
  kernel: text,
  arch: text,
  os: shape({ id: text, version: text, name: text }),
  uptimeSeconds: z.number(),
  systemd: flag,
  /** Absolute path of each command that nicfix may need, or null. */
  commands: map(text.nullable()),
  nics: list(nic),
  modules: map(module),
  /** Bonds and their ports, by name. */
  bonds: map(list(text)),
  /** By path: network configuration, rc.local, boot hook. */
  files: map(fileFact),
  /** Every initramfs in /boot. The proof that none was touched compares these. */
  initramfs: list(shape({ path: text, size: count, sha256: text })),
  /** "ifupdown", "ifupdown2", "NetworkManager", "systemd-networkd", "initscripts": those that manage something here. */
  networkStacks: list(text),
  /** Files by which NetworkManager or the initscripts set pause parameters themselves. */
  pauseElsewhere: list(text),
  /** Version of systemd's udev, null where udev is another or missing. */
  udev: count.nullable(),
  /** Is there an unapplied Proxmox edit (/etc/network/interfaces.new)? */
  pendingInterfaces: flag,
  /** Address of the controller as this session shows it ($SSH_CONNECTION); null off SSH. */
  sshClient: text.nullable(),
  /** Fingerprints of the host's own SSH keys, sorted; none where it is not OpenSSH that keeps them. */
  hostKeys: list(text),
  /** NIC names under the route back to the controller; empty off SSH. */
  sshPath: list(text),
  defaultRoutes: list(shape({ via: text.nullable(), device: text })),
  /** Headers of the running kernel: the build directory, or null when missing. */
  kernelBuild: text.nullable(),
  /** Compiler that the kernel's own Makefile calls ("gcc-12"), null when it is missing. */
  kernelCompiler: text.nullable(),
  /** Bytes free for root, by path. */
  free: map(z.number()),
  /** True where the kernel rejects unsigned modules (sig_enforce or lockdown). */
  unsignedRejected: flag,
  rootOnNetwork: flag,
  /** Network devices made in software, and the devices that each lies on or has as its ports. */
  layers: map(
    shape({
      /** "bridge", "bond", "vlan", "macvlan", "tun", "openvswitch" …; '' where the kernel gives it no name. */
      kind: text,
      lowers: list(text),
    }),
  ),
  /** Devices in other network namespaces that are built on a device of this one. */
  elsewhere: list(
    shape({
      device: text,
      kind: text,
      on: text,
      /** A process in that namespace, or the namespace's file. */
      where: text,
    }),
  ),
  /** What is on a device of this host that nicfix could not put back after a reload of its driver. */
  unrestorable: list(shape({ device: text, what: text })),
  /** Processes that may fence the host, or take its addresses away, when a heartbeat does not come. */
  clusterDaemons: list(text),
  /** Where other network file systems than the root are mounted, and the root where it is one. */
  networkMounts: list(text),
  /** Modules loaded that depend on the NIC in a way a reload breaks: irdma, i40iw. */
  rdmaLoaded: list(text),
  bootRecords: list(bootRecord),
  /** Transactions on the host that have not ended, as "<id> <state>"; a rollback that failed is one of them. */
  openTransactions: list(text),
  /** Plans that the host was changed by, as far as it remembers them: digest and nonce. */
  appliedPlans: list(text),
})
export type Facts = z.infer<typeof factsSchema>
