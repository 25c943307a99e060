/** Pause (flow control) parameters as `ethtool -a` shows them. */
export type Pause = { readonly autoneg: boolean; readonly rx: boolean; readonly tx: boolean }

/** A network port that has a PCI function behind it. Everything is as the kernel says, nothing is derived. */
export type Nic = {
  readonly name: string
  /** "0000:00:1f.6": the identity that survives a reload, where the name may not. */
  readonly pci: string
  /** "8086:10d3", vendor and device. */
  readonly pciId: string
  readonly mac: string
  readonly driver: string
  /** `ethtool -i` version, as printed: "1.6.27-k", "6.1.0-50-amd64" (the kernel's own: in-tree), "2.13.10". */
  readonly version: string
  readonly firmware: string
  readonly up: boolean
  readonly carrier: boolean
  /** Mb/s, or null without a link. */
  readonly speed: number | null
  readonly duplex: 'full' | 'half' | null
  readonly mtu: number
  /** Bridge or bond it is a port of. */
  readonly master: string | null
  /** Devices stacked on it: VLANs, macvlans, its bridge or bond, and so on upwards. */
  readonly uppers: readonly string[]
  /** "10.0.2.15/24" … */
  readonly addresses: readonly string[]
  /** null where the driver has no pause parameters. */
  readonly pause: Pause | null
  readonly virtualFunctions: number
}

/** One driver of a NIC of the host: what is loaded, and what `modprobe` would load next. */
export type Module = {
  readonly name: string
  /** `/sys/module/M/version`; null for in-tree drivers since 5.9 (they have none). */
  readonly version: string | null
  /** GNU build-id of the loaded code, hex: the identity that always exists. */
  readonly buildId: string | null
  /** Flags of `/sys/module/M/taint`: O out of tree, E unsigned. */
  readonly taint: string
  readonly holders: readonly string[]
  /** depmod's choice for the next load, by `modinfo -F filename`. */
  readonly file: string | null
  readonly fileBuildId: string | null
  readonly fileVermagic: string | null
  /** Every `M.ko*` under /lib/modules of the running kernel. */
  readonly copies: readonly string[]
  /** GNU build-id of each of them; null where it cannot be read. */
  readonly copyBuildIds: Readonly<Record<string, string | null>>
  /** What `modprobe -c` says for it, e.g. "IntMode=0,0,0,0". */
  readonly options: string
  /** True when the running kernel's initramfs carries a copy; null when nothing on the host can tell. */
  readonly inInitramfs: boolean | null
}

/** A file that a playbook may write, as it is now. */
export type FileFact =
  | { readonly kind: 'absent' }
  | {
      readonly kind: 'file'
      readonly mode: string // "0644"
      readonly owner: string // "0:0"
      readonly sha256: string
      /** Bytes as latin1 text would mangle; so base64-decoded UTF-8, null when it is not UTF-8 or over 256 KiB. */
      readonly text: string | null
      /** Set where the path is a symlink: the file that is really written. */
      readonly realPath: string
    }
  | { readonly kind: 'other'; readonly what: string } // directory, socket, unreadable …

/** `/var/lib/nicfix/boot.d/<module>`: what the boot hook swaps in, left by an earlier run. */
export type BootRecord = {
  readonly module: string
  readonly kernel: string
  readonly version: string
  readonly file: string
  readonly sha256: string
  readonly buildId: string
  /** sha256 of the source tarball that it was built from. */
  readonly source: string
  /** sha256 of `file` as it is on the disk now; null when it is gone. */
  readonly fileSha256: string | null
}

/** What one read-only probe found on one host. Kept as a fixture it makes plans offline. */
export type Facts = {
  readonly format: 'nicfix.facts/1'
  readonly machineId: string
  readonly bootId: string
  readonly kernel: string
  readonly arch: string
  readonly os: { readonly id: string; readonly version: string; readonly name: string }
  readonly uptimeSeconds: number
  readonly systemd: boolean
  /** Absolute path of each command that nicfix may need, or null. */
  readonly commands: Readonly<Record<string, string | null>>
  readonly nics: readonly Nic[]
  readonly modules: Readonly<Record<string, Module>>
  /** Bonds and their ports, by name. */
  readonly bonds: Readonly<Record<string, readonly string[]>>
  /** By path: network configuration, rc.local, boot hook. */
  readonly files: Readonly<Record<string, FileFact>>
  /** Every initramfs in /boot. The proof that none was touched compares these. */
  readonly initramfs: readonly {
    readonly path: string
    readonly size: number
    readonly sha256: string
  }[]
  /** "ifupdown", "ifupdown2", "NetworkManager", "systemd-networkd", "initscripts": those that manage something here. */
  readonly networkStacks: readonly string[]
  /** Is there an unapplied Proxmox edit (/etc/network/interfaces.new)? */
  readonly pendingInterfaces: boolean
  /** Address of the controller as this session shows it ($SSH_CONNECTION); null off SSH. */
  readonly sshClient: string | null
  /** NIC names under the route back to the controller; empty off SSH. */
  readonly sshPath: readonly string[]
  readonly defaultRoutes: readonly { readonly via: string | null; readonly device: string }[]
  /** Headers of the running kernel: the build directory, or null when missing. */
  readonly kernelBuild: string | null
  /** Compiler that the kernel's own Makefile calls ("gcc-12"), null when it is missing. */
  readonly kernelCompiler: string | null
  /** Bytes free for root, by path. */
  readonly free: Readonly<Record<string, number>>
  /** True where the kernel rejects unsigned modules (sig_enforce or lockdown). */
  readonly unsignedRejected: boolean
  readonly rootOnNetwork: boolean
  /** Modules loaded that depend on the NIC in a way a reload breaks: irdma, i40iw. */
  readonly rdmaLoaded: readonly string[]
  readonly bootRecords: readonly BootRecord[]
  /** Transactions on the host that have not ended, as "<id> <state>"; a rollback that failed is one of them. */
  readonly openTransactions: readonly string[]
}
