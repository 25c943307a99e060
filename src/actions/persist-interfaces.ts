import type { FileFact, Nic } from '../model/facts.ts'
import { problem } from '../problems.ts'
import type { Problem } from '../problems.ts'
import { findWrite, leave, refuse } from './context.ts'
import type { Action, Context, Draft } from './context.ts'
import { addToStanza } from './interfaces.ts'
import { ethtoolPath, judgePause, sayPause } from './pause.ts'
import { compare, sha256, shorten } from './text.ts'

/** A shell sees the rest of a command line as a comment; interfaces(5) has none of its own at the end of a line. */
const marker = '# nicfix:pause'

type Edit = {
  readonly path: string
  readonly file: TextFile
  readonly base: string
  text: string
  nics: string[]
}
type TextFile = Extract<FileFact, { kind: 'file' }>

/**
 * Pause frames of every selected port at each boot: one `pre-up` line in the port's stanza of interfaces(5). Before
 * `up` the link is negotiated with what was set, so that no second negotiation is needed. `|| true`, because a failing
 * command keeps ifupdown from bringing the port up.
 */
export const persistInInterfaces: Action<'nic.persist'> = (step, context) => {
  if (context.facts.pendingInterfaces) return refuse(pending(context.host))

  const problems: Problem[] = []
  const warnings: string[] = []
  const edits = new Map<string, Edit>()
  for (const nic of context.nics) {
    const verdict = judgePause(nic, step.with.pause, { host: context.host, step: step.id })
    const problemOrEdit = 'code' in verdict ? verdict : openStanza(nic, context, edits)
    if ('code' in verdict || 'code' in problemOrEdit) {
      problems.push(problemOrEdit as Problem)
      continue
    }
    const command = `${ethtoolPath(context.facts)} -A ${nic.name} ${sayPause(verdict.want)} || true ${marker}`
    const added = addToStanza(problemOrEdit.text, nic.name, `pre-up ${command}`)
    if ('refused' in added) {
      problems.push(cannotEdit(context, problemOrEdit.path, added.refused))
      continue
    }
    if (added.text !== problemOrEdit.text) problemOrEdit.nics.push(nic.name)
    problemOrEdit.text = added.text
    if (!isBroughtUp(nic.name, context)) {
      warnings.push(
        `${nic.name} has a stanza but no "auto" or "allow-hotplug": ifupdown runs its lines only when something else asks for ${nic.name}.`,
      )
    }
  }
  if (problems.length > 0) return { problems }
  const changes = [...edits.values()]
    .filter(edit => edit.text !== edit.base)
    .map(edit => describe(edit, step.id))
  return changes.length > 0 ? { changes, notes: [], warnings } : leave('pause is set at each boot')
}

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

function describe({ path, file, base, text, nics }: Edit, step: string): Draft {
  return {
    kind: 'write-file',
    phase: 'persist',
    step,
    title: path,
    reason: `pause of ${nics.join(', ')} is set anew at each boot, before the link comes up`,
    certainty: 'exact',
    commands: [],
    impact: { link: 'none', seconds: 0, text: 'none' },
    undo: {
      class: 'exact',
      text: `restore bytes, mode ${file.mode}, owner ${file.owner}`,
      seconds: 1,
    },
    checks: [`sha256 ${shorten(sha256(text))}, mode ${file.mode}, owner ${file.owner}`],
    bounds: [],
    diff: compare(path, base, text),
    path,
    mode: file.mode,
    owner: file.owner,
    expect: sha256(base),
    content: { text },
    after: null,
  }
}
