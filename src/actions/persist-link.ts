import { basename } from 'node:path/posix'
import type { Facts, FileFact, Nic } from '../model/facts.ts'
import type { StepOf } from '../model/playbook.ts'
import type { Problem } from '../problems.ts'
import { findWrite, leave, refuse } from './context.ts'
import type { Action, Context, Draft } from './context.ts'
import { cannotKeep, judgeAll, nameKept } from './judge.ts'
import { linkLines, writeLinkFile } from './link-file.ts'
import { writeText } from './write-text.ts'

/** systemd's NEWS: AutoNegotiationFlowControl=, RxFlowControl= and TxFlowControl= came with 246. */
export const linkFilesSince = 246

const folder = '/etc/systemd/network'

type Base = { readonly path: string; readonly text: string; readonly now: FileFact }

/**
 * Settings of every selected port at each boot: one systemd.link(5) file a port, which udev applies when the port
 * appears, before anything brings it up. Of all files that match only the first applies, so it takes over what the one
 * that applied so far says: a lost NamePolicy would rename the port.
 */
export const persistInLinkFile: Action<'nic.persist'> = (step, context) => {
  const problems: Problem[] = []
  const changes: Draft[] = []
  const warnings: string[] = []
  for (const nic of context.nics) {
    const lines = linesFor(nic, step, context)
    const found = 'problems' in lines ? lines : describeFor(nic, lines.lines, step, context)
    if ('problems' in found) problems.push(...found.problems)
    else {
      changes.push(...found.changes)
      warnings.push(...found.warnings)
    }
  }
  if (problems.length > 0) return { problems }
  return changes.length > 0
    ? { changes, notes: [], warnings }
    : leave(`${nameKept(step)} is set at each boot`)
}

type Refused = { readonly problems: readonly Problem[] }

/** What the file has to say of the port. */
function linesFor(
  nic: Nic,
  step: StepOf<'nic.persist'>,
  context: Context,
): { lines: readonly string[] } | Refused {
  const { facts, host } = context
  if (step.with.pause && facts.pauseElsewhere.length > 0)
    return cannotKeep(
      host,
      'Pause frames are set by the configuration of the network already.',
      'Set them there; it has the last word.',
      ...facts.pauseElsewhere.map(path => `found      ${path}`),
    )
  const lines: string[] = []
  for (const [setting, verdict] of judgeAll(nic, step, context)) {
    if ('code' in verdict) return refuse(verdict)
    const found = linkLines(setting, verdict.want)
    if ('without' in found)
      return cannotKeep(
        host,
        `A systemd.link file cannot set ${found.without === setting ? '' : `${found.without} of `}${setting}.`,
        'Leave nic.persist out, and set it again after each boot by your own means.',
        `found      ${facts.networkStacks.join(', ')}`,
      )
    lines.push(...found)
  }
  return { lines }
}

function describeFor(
  nic: Nic,
  lines: readonly string[],
  step: StepOf<'nic.persist'>,
  context: Context,
): { changes: Draft[]; warnings: string[] } | Refused {
  const { host } = context
  if (nic.permanentMac === null)
    return cannotKeep(
      host,
      `${nic.name} does not tell its permanent address, by which a systemd.link file would find it.`,
      'Write the .link file by hand: systemd.link(5).',
      `found      ${nic.name} ${nic.pci} driver ${nic.driver}`,
    )
  const path = `${folder}/05-nicfix-${nic.name}.link`
  const base = findBase(nic, path, context)
  if ('why' in base)
    return cannotKeep(
      host,
      `nicfix cannot take over how udev sets up ${nic.name}.`,
      base.next,
      `why        ${base.why}`,
    )
  const made = writeLinkFile({ nic: nic.name, permanentMac: nic.permanentMac, lines }, base)
  if ('refused' in made)
    return cannotKeep(
      host,
      `nicfix cannot take over ${base.path} as it is.`,
      'Simplify the file, or keep the setting live only.',
      `why        ${made.refused}`,
    )
  if (base.now.kind === 'file' && base.now.text === made.text) return { changes: [], warnings: [] }
  const isOfAdmin = !base.path.startsWith('/usr/lib/') && base.path !== path
  const warning = `Later edits of ${base.path} do not count for ${nic.name}: ${path} has a copy of it, and comes first.`
  const change = writeText({
    step: step.id,
    path,
    reason: `udev sets ${nameKept(step)} of ${nic.name} at each boot, before the link comes up`,
    mode: '0644',
    owner: '0:0',
    file: base.now,
    before: base.now.kind === 'file' ? base.now.text : null,
    text: made.text,
  })
  return { changes: [change], warnings: isOfAdmin ? [warning] : [] }
}

/** The file whose lines count for the port at the next boot: ours where it is there, else the one that udev applied. */
function findBase(
  nic: Nic,
  path: string,
  { facts, drafts }: Context,
): Base | { why: string; next: string } {
  const now = facts.files[path] ?? { kind: 'absent' }
  const earlier = findWrite(drafts, path)
  if (earlier && 'text' in earlier.content) return { path, text: earlier.content.text, now }
  if (now.kind === 'file' && now.text !== null) return { path, text: now.text, now }
  const again = `udevadm trigger --action=add --settle /sys/class/net/${nic.name}, then plan again.`
  if (now.kind !== 'absent') return { why: `${path} is no text file`, next: 'Look at it by hand.' }
  if (nic.linkFile === null)
    return { why: 'udev does not say by which file it has set the port up', next: again }
  const former = facts.files[nic.linkFile]
  if (former?.kind !== 'file' || former.text === null)
    return { why: `udev has applied ${nic.linkFile}, which is not there any more`, next: again }
  if (basename(nic.linkFile) < basename(path))
    return {
      why: `${nic.linkFile} comes before any file that nicfix would write`,
      next: 'Set it in there: systemd.link(5).',
    }
  const additions = dropInsOf(nic.linkFile, facts)
  if (additions !== undefined)
    return {
      why: `${additions} adds to it`,
      next: 'Merge the folder into the file, then plan again.',
    }
  return { path: nic.linkFile, text: former.text, now }
}

const dropInsOf = (linkFile: string, { files }: Facts): string | undefined =>
  Object.keys(files).find(path => path.endsWith(`/${basename(linkFile)}.d`))
