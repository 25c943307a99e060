import type { FileFact } from '../model/facts.ts'
import { problem } from '../problems.ts'
import { findBuild, findBuildStep, findWrite, identify, leave, lookUp, refuse } from './context.ts'
import type { Action, Context, Draft } from './context.ts'
import { isInPlace } from './driver.ts'
import { unknownBuild } from './driver-trial.ts'
import { addHook, hookLine } from './rc-local.ts'
import { writeText } from './write-text.ts'

/**
 * Has the driver swapped in at each boot, before which the initramfs will have loaded the old one: a record of what to
 * load, and a line in rc.local. The initramfs itself is never written. Where it carries no copy of the driver the
 * kernel loads ours from the disk by itself, and no hook is needed.
 */
export const hookBoot: Action<'driver.boot-hook'> = (step, context) => {
  const { module } = step.with
  const buildStep = findBuildStep(context.playbook, { module })
  if (!buildStep) return refuse(unknownBuild(context, step.id, module))
  if (context.facts.modules[module]?.inInitramfs === false)
    return leave(
      `no boot hook: the initramfs carries no ${module}, so the installed file loads by itself`,
    )

  const rcLocal = planRcLocal(context, step.id)
  if (rcLocal && 'code' in rcLocal) return refuse(rcLocal)
  const isReady = isInPlace(context.facts, buildStep.with)
  const build = findBuild(context.drafts, buildStep.id)
  const changes = [
    ...(build && !isReady ? [recordBuild(context, step.id, build.module, buildStep.id)] : []),
    ...(rcLocal ? [rcLocal] : []),
  ]
  const notes =
    context.facts.modules[module]?.inInitramfs === null
      ? [
          `nothing on the host tells whether the initramfs carries ${module}; the hook does nothing where it does not`,
        ]
      : []
  return changes.length > 0 ? { changes, notes, warnings: [] } : leave()
}

function recordBuild({ facts }: Context, step: string, module: string, from: string): Draft {
  const path = `/var/lib/nicfix/boot.d/${module}`
  const expect = identify(facts, path)
  return {
    kind: 'write-file',
    phase: 'persist',
    step,
    title: path,
    reason: 'says which file of which kernel to load at boot, and by which build-id to know it',
    certainty: 'at-apply',
    commands: [],
    impact: { link: 'none', seconds: 0, text: 'none' },
    undo: {
      class: 'exact',
      text: expect === 'absent' ? 'remove the file' : 'restore bytes',
      seconds: 1,
    },
    checks: [`kernel ${facts.kernel}, sha256 and build-id of the module that was tried`],
    bounds: [],
    diff: '',
    path,
    mode: '0644',
    owner: '0:0',
    expect,
    content: { from, output: 'record' },
    after: null,
  }
}

/** The change to rc.local; null where it is as wanted already. */
function planRcLocal(context: Context, step: string): Draft | null | ReturnType<typeof problem> {
  const { path, file } = choose(context)
  if (file.kind === 'other') return cannotEdit(context, path, file.what)
  if (file.kind === 'file' && file.text === null)
    return cannotEdit(context, path, 'it is not a text of at most 256 KiB')
  if (file.kind === 'absent' && !context.facts.systemd)
    return cannotEdit(
      context,
      path,
      'it is not there, and nothing says that this system would run it',
    )

  const earlier = findWrite(context.drafts, path)
  const before =
    earlier && 'text' in earlier.content
      ? earlier.content.text
      : file.kind === 'file'
        ? file.text
        : null
  const added = addHook(before)
  if ('refused' in added) return cannotEdit(context, path, added.refused)

  const isRun = file.kind === 'absent' || isExecutable(file.mode)
  if (!isRun && file.text !== null && activeLines(file.text).length > 0)
    return cannotEdit(
      context,
      path,
      'it is not executable: turning it on would wake the lines that it has',
    )
  const mode = file.kind === 'file' ? makeExecutable(file.mode) : '0755'
  const owner = file.kind === 'file' ? file.owner : '0:0'
  if (added.text === before && file.kind === 'file' && isRun) return null
  return writeText({
    step,
    path,
    reason: `the initramfs loads the old driver: ${path} swaps it at each boot${isRun ? '' : '; +x turns it on'}`,
    mode,
    owner,
    file,
    before,
    text: added.text,
    impact: 'none now; at each boot one swap, as tried',
    after: 'rc-local',
  })
}

/** /etc/rc.local, where it leads to, or RHEL's place for it. */
function choose({ facts }: Context): { path: string; file: FileFact } {
  const usual = lookUp(facts, '/etc/rc.local')
  if (usual.file.kind !== 'absent') return usual
  const other = lookUp(facts, '/etc/rc.d/rc.local')
  return other.file.kind === 'absent' ? usual : other
}

function isExecutable(mode: string): boolean {
  return (Number.parseInt(mode, 8) & 0o100) !== 0
}

/** +x for all who may read, as chmod +x does under the usual umask. */
function makeExecutable(mode: string): string {
  const bits = Number.parseInt(mode, 8)
  return (bits | ((bits & 0o444) >> 2)).toString(8).padStart(4, '0')
}

/** Lines that do something: not empty, no comment, not the `exit 0` at the end, not our own hook. */
function activeLines(text: string): string[] {
  return text
    .split('\n')
    .map(line => line.trim())
    .filter(
      line =>
        line !== '' && !line.startsWith('#') && !/^exit(\s+0)?$/.test(line) && line !== hookLine,
    )
}

function cannotEdit({ host }: Context, path: string, why: string) {
  return problem(
    'NF2030',
    `nicfix does not edit ${path} as it is.`,
    `Make ${path} an executable shell script that does what it should at each boot, then plan again.`,
    {
      host,
      details: [`why        ${why}`],
    },
  )
}
