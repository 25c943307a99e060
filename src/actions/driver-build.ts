import { problem } from '../problems.ts'
import type { Problem } from '../problems.ts'
import { leave, refuse } from './context.ts'
import type { Action, Context } from './context.ts'
import { isInPlace, targetOf } from './driver.ts'
import { shorten } from './text.ts'

const tools = ['make', 'strip', 'readelf', 'tar', 'depmod', 'modprobe', 'modinfo', 'ethtool', 'ip']

/** Builds the driver for the running kernel in a directory of its own; nothing of the running system is touched. */
export const buildDriver: Action<'driver.build'> = (step, context) => {
  const { module, version, source, sha256 } = step.with
  const { facts } = context
  if (isInPlace(facts, step.with)) return leave(`${module} ${version} is loaded and installed`)
  const problems = [...judgeHost(context), ...judgeSource(step.with, context)]
  if (problems.length > 0) return refuse(...problems)

  const target = targetOf(facts.kernel, module)
  return {
    notes: [],
    warnings: [],
    changes: [
      {
        kind: 'build-module',
        phase: 'build',
        step: step.id,
        title: `build ${module} ${version}`,
        reason: `${nameLoaded(context, module)} → ${version}, from ${source} sha256 ${shorten(sha256)}`,
        certainty: 'at-apply',
        commands: [
          `make -C <source> BUILD_KERNEL=${facts.kernel} KVER=${facts.kernel} -j<processors>`,
          `strip -d -o <build>/module.ko <source>/${module}.ko`,
        ],
        impact: {
          link: 'none',
          seconds: 0,
          text: 'none: in a directory of its own, at low priority',
        },
        undo: { class: 'exact', text: 'remove the directory', seconds: 1 },
        checks: [
          'symbol table present',
          'symbol versions and vermagic as the kernel has them',
          `version ${version}`,
        ],
        bounds: [`sha256 and build-id of ${module}.ko, of version ${version} for ${facts.kernel}`],
        diff: '',
        module,
        version,
        kernel: facts.kernel,
        source,
        sha256: sha256.toLowerCase(),
        target,
      },
    ],
  }
}

/** The version that is loaded, for people. */
export function nameLoaded({ facts }: Context, module: string): string {
  const version = facts.nics.find(nic => nic.driver === module)?.version ?? ''
  return version === facts.kernel
    ? `${module} in-tree`
    : `${module} ${version || 'of unknown version'}`
}

function judgeHost({ facts, host }: Context): Problem[] {
  const problems: Problem[] = []
  if (facts.kernelBuild === null) {
    problems.push(
      problem(
        'NF2011',
        `Kernel headers of the running kernel are missing.`,
        headersAdvice(facts.os.id, facts.kernel),
        {
          host,
          details: [`expected   /lib/modules/${facts.kernel}/build/Makefile`],
        },
      ),
    )
  }
  const missing = tools.filter(tool => !facts.commands[tool])
  if (facts.kernelBuild !== null && facts.kernelCompiler === null)
    missing.push(nameCompiler(facts.commands))
  if (missing.length > 0) problems.push(missingCommands(host, missing))
  return problems
}

/** NF2010 for commands that the host lacks, one detail each. */
export function missingCommands(host: string, missing: readonly string[]): Problem {
  const names = [...new Set(missing)]
  return problem(
    'NF2010',
    `The host lacks ${names.length === 1 ? 'a command' : 'commands'} that the playbook needs.`,
    'Install them there (Debian: make gcc binutils kmod ethtool; RHEL: the same), then plan again.',
    { host, details: names.map(name => `missing    ${name}`) },
  )
}

/** Debian's headers call gcc-12, not gcc: the probe looked for that name beside the usual ones. */
function nameCompiler(commands: Readonly<Record<string, string | null>>): string {
  return (
    Object.keys(commands).find(name => /^(gcc|clang)-/.test(name) && commands[name] === null) ??
    'gcc'
  )
}

function headersAdvice(os: string, kernel: string): string {
  if (os === 'debian' || os === 'ubuntu')
    return `apt install ${kernel.endsWith('-pve') ? 'proxmox' : 'linux'}-headers-${kernel}`
  if (/^(rhel|centos|rocky|almalinux|fedora|ol)$/.test(os))
    return `yum install kernel-devel-${kernel}`
  return `Install the headers of kernel ${kernel}.`
}

function judgeSource(
  { source, sha256 }: { source: string; sha256: string },
  { sources, host }: Context,
): Problem[] {
  const found = sources[source]
  if (!found || 'error' in found) {
    return [
      problem(
        'NF2013',
        `The driver source cannot be read: ${source}`,
        'Put the tarball there, or set its path with -e source=PATH.',
        {
          host,
          details: [`found      ${found?.error ?? 'it was not looked for'}`],
        },
      ),
    ]
  }
  if (found.sha256 === sha256.toLowerCase()) return []
  return [
    problem(
      'NF2014',
      `The driver source is not the expected one: ${source}`,
      'Get the right tarball, or set sha256 after you have checked this one.',
      {
        host,
        details: [`expected   ${sha256}`, `found      ${found.sha256} (${found.size} bytes)`],
      },
    ),
  ]
}
