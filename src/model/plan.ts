/** How sure the plan is of a value: known now; known within bounds; known only when it is done. */
export type Certainty = 'exact' | 'bounded' | 'at-apply'

/** What the plan says of a change beside its parameters. Every string is for people. */
type Told = {
  /** "01", "02" …: order of doing, and the name of the change's directory on the host. */
  readonly id: string
  /** id of the playbook's step that asked for it. */
  readonly step: string
  readonly title: string
  /** Why it is needed: what is now, and what is wanted. */
  readonly reason: string
  readonly certainty: Certainty
  /** Commands that will run, as typed. */
  readonly commands: readonly string[]
  readonly impact: {
    readonly link: 'none' | 'blip' | 'outage'
    readonly seconds: number
    readonly text: string
  }
  readonly undo: {
    readonly class: 'exact' | 'inverse'
    readonly text: string
    readonly seconds: number
  }
  readonly checks: readonly string[]
  /** Values not known before apply, each with its bound. */
  readonly bounds: readonly string[]
  /** Unified diff of a file, without colours; empty for changes that are not text. */
  readonly diff: string
}

/** Built in a private directory on the host; nothing on the host's boot path or in memory is touched. */
export type BuildModule = Told & {
  readonly kind: 'build-module'
  readonly phase: 'build'
  readonly module: string
  readonly version: string
  readonly kernel: string
  /** Tarball on the controller. */
  readonly source: string
  readonly sha256: string
  /** Where the module will be installed; goes into the boot record. */
  readonly target: string
}

/** In memory: unload, load the built module, bring everything that hung on its ports back. */
export type SwapDriver = Told & {
  readonly kind: 'swap-driver'
  readonly phase: 'trial'
  readonly module: string
  readonly version: string
  /** id of the build-module change whose output is loaded. */
  readonly from: string
  /** PCI addresses of every port of the driver. */
  readonly ports: readonly string[]
  /** File of the former driver (absolute), and the build-id that it and the loaded code have. */
  readonly formerFile: string
  readonly formerBuildId: string
  readonly options: string
}

/** In memory: a setting of a port through ethtool. */
export type SetNic = Told & {
  readonly kind: 'set-nic'
  readonly phase: 'trial'
  readonly pci: string
  readonly setting: 'pause'
  /** Words after `ethtool -A <nic>`: "autoneg off rx off tx off". Letters, digits, dash and space only. */
  readonly want: string
  readonly before: string
  /** Whether `ethtool -r` must follow for the link partner to learn of it (e1000e, igb). */
  readonly renegotiate: boolean
}

/** On disk, after the confirmation: one atomic rename. */
export type WriteFile = Told & {
  readonly kind: 'write-file'
  readonly phase: 'persist'
  readonly path: string
  readonly mode: string
  readonly owner: string
  /** sha256 that the file must have now, or 'absent'. */
  readonly expect: string
  /** The new bytes: known (UTF-8 text), or an output of a build. */
  readonly content:
    { readonly text: string } | { readonly from: string; readonly output: 'module.ko' | 'record' }
  /** What must be done for the file to count: depmod of that kernel, or rc.local enabled (+x is in `mode`). */
  readonly after: 'depmod' | 'rc-local' | null
}

export type Change = BuildModule | SwapDriver | SetNic | WriteFile

/** What must still be so on the host when the plan is applied. */
export type Fingerprint = {
  readonly machineId: string
  readonly bootId: string
  readonly kernel: string
  /** sha256 or 'absent' of each file that the plan writes. */
  readonly files: Readonly<Record<string, string>>
  /** Loaded build-id (or version) of each driver that the plan touches. */
  readonly modules: Readonly<Record<string, string>>
  /** State of each NIC that the plan touches: "eno1 0000:01:00.0 e1000e 6.1.0 pause autoneg on rx on tx on". */
  readonly nics: readonly string[]
}

export type HostPlan = {
  readonly host: string
  /** One line about the machine, for people: "Debian 12 · kernel 6.1.0-50-amd64". */
  readonly about: string
  readonly fingerprint: Fingerprint
  /** Ports that the playbook looks at, one line each, and why the others are left alone. */
  readonly nics: readonly {
    readonly name: string
    readonly text: string
    readonly selected: boolean
  }[]
  readonly conditions: readonly string[]
  readonly changes: readonly Change[]
  readonly warnings: readonly string[]
  /** True when the changes may cut the connection that nicfix itself uses. */
  readonly cutsSsh: boolean
  /** Worst link-down time in seconds, all changes together. */
  readonly outageSeconds: number
  readonly confirmWithinSeconds: number
}

export type Plan = {
  readonly format: 'nicfix.plan/1'
  /** "sha256:…" over everything else in here (canonical JSON). */
  readonly digest: string
  readonly nicfix: string
  readonly playbook: { readonly name: string; readonly path: string; readonly sha256: string }
  readonly vars: Readonly<Record<string, string>>
  readonly hosts: readonly HostPlan[]
}
