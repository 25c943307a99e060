import type { Facts, FileFact, Nic } from '../model/facts.ts'
import type { Setting, StepOf } from '../model/playbook.ts'
import { leave, lookUp, refuse } from './context.ts'
import type { Action, Context, Draft } from './context.ts'
import { addEthtoolOptions } from './ifcfg.ts'
import { cannotKeep, judgeAll, nameKept } from './judge.ts'
import { ethtoolOption, ethtoolPath } from './setting.ts'
import { writeText } from './write-text.ts'

type Refused = ReturnType<typeof refuse>

type Command = {
  readonly setting: Setting
  /** Words after `ethtool`. */
  readonly words: string
  readonly renegotiate: boolean
}

/**
 * Settings of every selected port, each time it is brought up, where nothing can set them before: a script for the
 * dispatcher of NetworkManager, or ETHTOOL_OPTS of the initscripts for a port that they bring up. The link is there by then,
 * so a setting of which the partner has to know takes a second negotiation.
 */
export const persistAtUp: Action<'nic.persist'> = (step, context) => {
  const found = context.nics.map(nic => persistOne(nic, step, context))
  const problems = found.flatMap(each => ('problems' in each ? each.problems : []))
  if (problems.length > 0) return { problems }
  const changes = found.flatMap(each => ('changes' in each ? each.changes : []))
  const warnings = context.nics.map(
    ({ name }) =>
      `${name} is set a moment after its link has come up; until then it is as its driver has it.`,
  )
  return changes.length > 0
    ? { changes, notes: [], warnings }
    : leave(`${nameKept(step)} is set each time the port is brought up`)
}

function persistOne(
  nic: Nic,
  step: StepOf<'nic.persist'>,
  context: Context,
): { readonly changes: readonly Draft[] } | Refused {
  const commands: Command[] = []
  for (const [setting, verdict] of judgeAll(nic, step, context)) {
    if ('code' in verdict) return refuse(verdict)
    const words = `${ethtoolOption[setting]} ${nic.name} ${verdict.want}`
    commands.push({ setting, words, renegotiate: verdict.renegotiate })
  }
  const isTheirs = context.facts.networkStacks.includes('NetworkManager')
  return isTheirs && !isLeftAlone(nic, context.facts)
    ? dispatch(nic, commands, step, context)
    : editIfcfg(nic, commands, step, context)
}

const ifcfgOf = (nic: Nic) => `/etc/sysconfig/network-scripts/ifcfg-${nic.name}`

/** `NM_CONTROLLED=no`: NetworkManager leaves the port to the initscripts (nm-settings-ifcfg-rh(5)). */
function isLeftAlone(nic: Nic, facts: Facts): boolean {
  const file = facts.files[ifcfgOf(nic)]
  const text = file?.kind === 'file' ? (file.text ?? '') : ''
  return /^\s*NM_CONTROLLED=["']?no\b/im.test(text)
}

// The dispatcher starts what root owns, nobody else can write, and is executable: NetworkManager-dispatcher(8).
function dispatch(
  nic: Nic,
  commands: readonly Command[],
  step: StepOf<'nic.persist'>,
  { facts, host }: Context,
): { readonly changes: readonly Draft[] } | Refused {
  const others = facts.pauseElsewhere.filter(path => !path.startsWith('/etc/sysconfig/'))
  if (step.with.pause && others.length > 0)
    return cannotKeep(
      host,
      'Pause frames are set by a profile of NetworkManager already.',
      'Set them there; it has the last word.',
      ...others,
    )
  const path = `/etc/NetworkManager/dispatcher.d/50-nicfix-${nic.name}`
  const { file } = lookUp(facts, path)
  const text = scriptFor(nic, commands, ethtoolPath(facts))
  return write({ nic, step, path, file, text, mode: '0755' })
}

function scriptFor({ name }: Nic, commands: readonly Command[], ethtool: string): string {
  const lines = commands.flatMap(({ setting, words, renegotiate }) => {
    const set = `${ethtool} ${words} || true # nicfix:${setting}`
    const show = `${ethtool} ${setting === 'eee' ? '--show-eee' : '-a'} ${name}`
    // Once it is so, bringing the port up does not cost it its link.
    return renegotiate
      ? [`before=$(${show})`, set, `[ "$before" = "$(${show})" ] || ${ethtool} -r ${name}`]
      : [set]
  })
  const head = [
    '#!/bin/sh',
    `# nicfix: settings of ${name}, each time NetworkManager has brought it up`,
  ]
  return [...head, `[ "$1 $2" = "${name} up" ] || exit 0`, ...lines, ''].join('\n')
}

function editIfcfg(
  nic: Nic,
  commands: readonly Command[],
  step: StepOf<'nic.persist'>,
  { facts, host }: Context,
): { readonly changes: readonly Draft[] } | Refused {
  const path = ifcfgOf(nic)
  const { file, path: realPath } = lookUp(facts, path)
  if (file.kind !== 'file')
    return cannotKeep(
      host,
      `${nic.name} has no file of the initscripts.`,
      `Make ${path}, then plan again.`,
    )
  if (file.text === null)
    return cannotKeep(
      host,
      `nicfix does not read ${path}: there may be a password in it.`,
      `By hand: ETHTOOL_OPTS="${commands.map(({ words }) => words).join('; ')}"`,
    )
  const options = commands.flatMap(({ words, renegotiate }) =>
    renegotiate ? [words, `-r ${nic.name}`] : [words],
  )
  const edited = addEthtoolOptions(file.text, options)
  if ('refused' in edited)
    return cannotKeep(
      host,
      `nicfix does not edit ${path} as it is.`,
      'Simplify the file, or keep the setting live only.',
      `why        ${edited.refused}`,
    )
  return write({ nic, step, path: realPath, file, text: edited.text, mode: file.mode })
}

type Written = {
  readonly nic: Nic
  readonly step: StepOf<'nic.persist'>
  readonly path: string
  readonly file: FileFact
  readonly text: string
  readonly mode: string
}

function write({ nic, step, path, file, text, mode }: Written) {
  const before = file.kind === 'file' ? file.text : null
  if (before === text) return { changes: [] }
  const owner = file.kind === 'file' ? file.owner : '0:0'
  const reason = `${nameKept(step)} of ${nic.name} is set anew each time it is brought up`
  return { changes: [writeText({ step: step.id, path, reason, mode, owner, file, before, text })] }
}
