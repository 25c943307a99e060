import { z } from 'zod'
import {
  changeId,
  count,
  fileMode,
  fileOwner,
  flag,
  line,
  list,
  map,
  moduleName,
  path,
  pciAddress,
  release,
  sha256,
  shape,
  text,
  words,
} from './shape.ts'

/** How sure the plan is of a value: known now; known within bounds; known only when it is done. */
const certainty = z.enum(['exact', 'bounded', 'at-apply'])
export type Certainty = z.infer<typeof certainty>

/** What the plan says of a change beside its parameters. Every string is for people. */
const told = {
  /** "01", "02" …: order of doing, and the name of the change's directory on the host. */
  id: changeId,
  /** id of the playbook's step that asked for it. */
  step: text,
  title: text,
  /** Why it is needed: what is now, and what is wanted. */
  reason: text,
  certainty,
  /** Commands that will run, as typed. */
  commands: list(text),
  impact: shape({ link: z.enum(['none', 'blip', 'outage']), seconds: z.number(), text }),
  undo: shape({ class: z.enum(['exact', 'inverse']), text, seconds: z.number() }),
  checks: list(text),
  /** Values not known before apply, each with its bound. */
  bounds: list(text),
  /** Unified diff of a file, without colours; empty for changes that are not text. */
  diff: text,
}

/** Built in a private directory on the host; nothing on the host's boot path or in memory is touched. */
const buildModule = shape({
  kind: z.literal('build-module'),
  phase: z.literal('build'),
  ...told,
  module: moduleName,
  version: line,
  kernel: release,
  /** Tarball on the controller. */
  source: text,
  sha256,
  /** Where the module will be installed; goes into the boot record. */
  target: path,
})
export type BuildModule = z.infer<typeof buildModule>

/** In memory: unload, load another build, bring everything that hung on its ports back. */
const swapDriver = shape({
  kind: z.literal('swap-driver'),
  phase: z.literal('trial'),
  ...told,
  module: moduleName,
  /** What `ethtool -i` will say, empty where nothing tells. */
  version: line,
  /** What is loaded: the output of the build-module change with that id, or a file that the host has. */
  source: z.union([shape({ from: changeId }), shape({ file: path, sha256, buildId: words })]),
  /** PCI addresses of every port of the driver. */
  ports: list(pciAddress),
  /** File of the former driver (absolute), and the build-id that it and the loaded code have. */
  formerFile: path,
  formerBuildId: words,
  options: line,
})
export type SwapDriver = z.infer<typeof swapDriver>

/** In memory: a setting of a port through ethtool. */
const setNic = shape({
  kind: z.literal('set-nic'),
  phase: z.literal('trial'),
  ...told,
  pci: pciAddress,
  setting: z.enum(['pause', 'offload', 'ring', 'eee']),
  /** Words after `ethtool OPTION NIC`: "autoneg off rx off tx off". Letters, digits, dash and space only. */
  want: words,
  /** The same words as they are now, and of offloads all that may follow those. */
  before: words,
  /** Whether `ethtool -r` must follow for the link partner to learn of it (e1000e, igb). */
  renegotiate: flag,
})
export type SetNic = z.infer<typeof setNic>

/** In memory: what a playbook declares by itself, as argv; no shell is in between. */
const runCommand = shape({
  kind: z.literal('run-command'),
  phase: z.literal('trial'),
  ...told,
  /** `check` ends with 0 where all is as wanted, with 1 where it is not. `undo` may be run more than once. */
  argv: shape({ check: list(line), run: list(line), verify: list(line), undo: list(line) }),
  /** How long each of them may take. */
  seconds: count,
  /** PCI addresses of the ports whose link it may take down. */
  ports: list(text),
})
export type RunCommand = z.infer<typeof runCommand>

/** On disk, after the confirmation: one atomic rename, or one removal. */
const writeFile = shape({
  kind: z.literal('write-file'),
  phase: z.literal('persist'),
  ...told,
  path,
  mode: fileMode,
  owner: fileOwner,
  /** sha256 that the file must have now, or 'absent'. */
  expect: words,
  /**
   * The new bytes: known (UTF-8 text), or an output of a build. Or the file is to go, and depmod to name another one
   * instead.
   */
  content: z.union([
    shape({ text }),
    shape({ from: changeId, output: z.enum(['module.ko', 'record']) }),
    shape({ instead: path }),
  ]),
  /** What must be done for the file to count: depmod of that kernel, or rc.local enabled (+x is in `mode`). */
  after: z.enum(['depmod', 'rc-local']).nullable(),
})
export type WriteFile = z.infer<typeof writeFile>

export const changeSchema = z.discriminatedUnion('kind', [
  buildModule,
  swapDriver,
  setNic,
  runCommand,
  writeFile,
])
export type Change = z.infer<typeof changeSchema>

/** What must still be so on the host when the plan is applied. */
const fingerprint = shape({
  machineId: text,
  /** Fingerprints of its SSH host keys. */
  hostKeys: list(text),
  bootId: text,
  kernel: text,
  /** sha256 or 'absent' of each file that the plan writes. */
  files: map(text),
  /** Loaded build-id (or version) of each driver that the plan touches. */
  modules: map(text),
  /** Driver and settings of each NIC that the plan touches: "eno1 0000:01:00.0 pause autoneg on rx on tx on". */
  nics: list(text),
})
export type Fingerprint = z.infer<typeof fingerprint>

const hostPlan = shape({
  host: text,
  /** One line about the machine, for people: "Debian 12 · kernel 6.1.0-50-amd64". */
  about: text,
  fingerprint,
  /** Ports that the playbook looks at, one line each, and why the others are left alone. */
  nics: list(
    shape({
      name: text,
      text,
      selected: flag,
      /** Who is without network while the port is away, a line each. */
      riders: list(text),
    }),
  ),
  conditions: list(text),
  changes: list(changeSchema),
  warnings: list(text),
  /** True when the changes may cut the connection that nicfix itself uses. */
  cutsSsh: flag,
  /** Worst link-down time in seconds, all changes together. */
  outageSeconds: z.number(),
  confirmWithinSeconds: count,
})
export type HostPlan = z.infer<typeof hostPlan>

const fleet = shape({
  /** Hosts of each wave: so many, or "10%" of all; the last size is used until none is left. */
  waves: list(z.union([z.int().positive(), z.string().regex(/^([1-9]\d?|100)%$/)])),
  soakSeconds: count,
  /** After that many hosts that did not end well no other is begun. */
  maxFailures: z.int().positive(),
})
export type Fleet = z.infer<typeof fleet>

/** A plan as it is kept in a file, and by whose digest it is approved. */
export const planSchema = shape({
  format: z.literal('nicfix.plan/1'),
  /** "sha256:…" over everything else in here but the nonce (canonical JSON). */
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  /** Tells it from another plan with the same digest, of which it is no part: a kept plan is applied once. */
  nonce: text,
  nicfix: text,
  playbook: shape({ name: text, path: text, sha256 }),
  vars: map(text),
  /** Null where the playbook does not say: all hosts in one wave, up to the first that does not end well. */
  fleet: fleet.nullable(),
  hosts: list(hostPlan),
})
export type Plan = z.infer<typeof planSchema>
