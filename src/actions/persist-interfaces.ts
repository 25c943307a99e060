import type { FileFact, Nic } from '../model/facts.ts'
import type { Setting, StepOf } from '../model/playbook.ts'
import { problem } from '../problems.ts'
import type { Problem } from '../problems.ts'
import { findWrite, leave, refuse } from './context.ts'
import type { Action, Context, Draft } from './context.ts'
import { addToStanza } from './interfaces.ts'
import { judgeAll, nameKept } from './judge.ts'
import { ethtoolOption, ethtoolPath } from './setting.ts'
import { writeText } from './write-text.ts'

/** A shell sees the rest of a command line as a comment; interfaces(5) has none of its own at the end of a line. */
const marker = (setting: Setting) => `# nicfix:${setting}`

type Edit = {
  readonly path: string
  readonly file: TextFile
  readonly base: string
  text: string
  nics: string[]
}
type TextFile = Extract<FileFact, { kind: 'file' }>

/**
 * Settings of every selected port at each boot: one `pre-up` line a setting in the port's stanza of interfaces(5). Before
 * `up` the link is negotiated with what was set, so that no second negotiation is needed. `|| true`, because a failing
 * command keeps ifupdown from bringing the port up.
 */
export const persistInInterfaces: Action<'nic.persist'> = (step, context) => {
  if (context.facts.pendingInterfaces) return refuse(pending(context.host))
  const problems: Problem[] = []
  const edits = new Map<string, Edit>()
  for (const nic of context.nics) {
    const { lines, problems: misfits } = linesFor(nic, step, context)
    const edit = openStanza(nic, context, edits)
    if (misfits.length > 0 || 'code' in edit) {
      problems.push(...misfits, ...('code' in edit ? [edit] : []))
      continue
    }
    const refused = addAll(edit, nic, lines)
    if (refused !== null) problems.push(cannotEdit(context, edit.path, refused))
  }
  if (problems.length > 0) return { problems }
  const changes = [...edits.values()]
    .filter(edit => edit.text !== edit.base)
    .map(edit => describe(edit, step))
  const warnings = context.nics.filter(nic => !isBroughtUp(nic.name, context)).map(tellAsleep)
  return changes.length > 0
    ? { changes, notes: [], warnings }
    : leave(`${nameKept(step)} is set at each boot`)
}

function linesFor(nic: Nic, step: StepOf<'nic.persist'>, context: Context) {
  const ethtool = ethtoolPath(context.facts)
  const lines: string[] = []
  const problems: Problem[] = []
  for (const [setting, verdict] of judgeAll(nic, step, context)) {
    if ('code' in verdict) problems.push(verdict)
    else {
      const command = `${ethtool} ${ethtoolOption[setting]} ${nic.name} ${verdict.want}`
      lines.push(`pre-up ${command} || true ${marker(setting)}`)
    }
  }
  return { lines, problems }
}

/** Puts the lines into the stanza; why not, where it cannot be done without guessing. */
function addAll(edit: Edit, nic: Nic, lines: readonly string[]): string | null {
  const before = edit.text
  for (const line of lines) {
    const added = addToStanza(edit.text, nic.name, line)
    if ('refused' in added) return added.refused
    edit.text = added.text
  }
  if (edit.text !== before) edit.nics.push(nic.name)
  return null
}

const tellAsleep = ({ name }: Nic): string =>
  `${name} has a stanza but no "auto" or "allow-hotplug": ifupdown runs its lines only when something else asks for ${name}.`

function pending(host: string): Problem {
  return problem(
    'NF2030',
    'An edit of the network configuration waits to be applied.',
    'Apply or revert it (Proxmox: Node → Network), then plan again.',
    {
      host,
      details: [
        'found      /etc/network/interfaces.new',
        'why        it will replace /etc/network/interfaces as a whole',
      ],
    },
  )
}

/** The one file with a stanza of the port, opened once however many ports are edited in it. */
function openStanza(nic: Nic, context: Context, edits: Map<string, Edit>): Edit | Problem {
  const holders = configurations(context).filter(({ text }) => hasLine(text, 'iface', nic.name))
  const [holder, another] = holders
  if (!holder || another) {
    return problem(
      'NF2030',
      `${nic.name} ${holder ? 'is configured in more than one file' : 'has no iface stanza'}.`,
      holder
        ? 'Merge the stanzas into one file, then plan again.'
        : `Add "iface ${nic.name} inet manual" to /etc/network/interfaces, then plan again.`,
      {
        host: context.host,
        details: [
          `found      ${holders.map(({ path }) => path).join(', ') || `no "iface ${nic.name}" in /etc/network/interfaces or interfaces.d`}`,
        ],
      },
    )
  }
  const opened = edits.get(holder.path) ?? {
    path: holder.path,
    file: holder.file,
    base: holder.text,
    text: holder.text,
    nics: [],
  }
  edits.set(holder.path, opened)
  return opened
}

/** Every file of interfaces(5) with its text, as earlier steps will have left it; by real path, each once. */
function configurations({
  facts,
  drafts,
}: Context): { path: string; file: TextFile; text: string }[] {
  const found = new Map<string, { path: string; file: TextFile; text: string }>()
  for (const [path, file] of Object.entries(facts.files)) {
    if (
      !/^\/etc\/network\/interfaces(\.d\/|$)/.test(path) ||
      file.kind !== 'file' ||
      file.text === null
    )
      continue
    const earlier = findWrite(drafts, file.realPath)
    const text = earlier && 'text' in earlier.content ? earlier.content.text : file.text
    found.set(file.realPath, { path: file.realPath, file, text })
  }
  return [...found.values()]
}

function hasLine(text: string, word: string, name: string): boolean {
  return text.split('\n').some(line => {
    const [first, ...rest] = line.trim().split(/\s+/)
    return first === word && (word === 'iface' ? rest[0] === name : rest.includes(name))
  })
}

/** ifupdown2 brings up what a bridge or bond needs; ifupdown only what is named. */
function isBroughtUp(name: string, context: Context): boolean {
  if (context.facts.networkStacks.includes('ifupdown2')) return true
  return configurations(context).some(({ text }) =>
    ['auto', 'allow-auto', 'allow-hotplug'].some(word => hasLine(text, word, name)),
  )
}

function cannotEdit(context: Context, path: string, why: string): Problem {
  return problem(
    'NF2030',
    `nicfix does not edit ${path} as it is.`,
    'Simplify the file, or keep the setting live only.',
    {
      host: context.host,
      details: [`why        ${why}`],
    },
  )
}

function describe({ path, file, base, text, nics }: Edit, step: StepOf<'nic.persist'>): Draft {
  const reason = `${nameKept(step)} of ${nics.join(', ')} is set anew at each boot, before the link comes up`
  const { mode, owner } = file
  return writeText({ step: step.id, path, reason, mode, owner, file, before: base, text })
}
