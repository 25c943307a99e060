import type { Nic } from '../model/facts.ts'
import type { Setting, Wanted } from '../model/playbook.ts'
import type { Problem } from '../problems.ts'
import { leave } from './context.ts'
import type { Context, Draft, Outcome } from './context.ts'
import { judgeSetting } from './judge.ts'
import { ethtoolOption, wordsNow } from './setting.ts'
import type { Verdict } from './setting.ts'

/** One setting of every selected port, live. A port that is as wanted already gets no change. */
export function trySetting<S extends Setting>(
  setting: S,
  { id, wanted }: { readonly id: string; readonly wanted: Wanted[S] },
  context: Context,
): Outcome {
  const problems: Problem[] = []
  const changes: Draft[] = []
  const risky: string[] = []
  for (const nic of context.nics) {
    const accepted = context.playbook['accept-risk']
    const verdict = judgeSetting(setting, nic, wanted, { host: context.host, step: id, accepted })
    if ('code' in verdict) problems.push(verdict)
    else if (wordsNow(nic, setting, verdict.want) !== verdict.want)
      changes.push(describe(nic, setting, verdict, id))
    if ('warning' in verdict) risky.push(`${nic.name}: ${verdict.warning}`)
  }
  if (problems.length > 0) return { problems }
  const ends = 'Flow control belongs to both ends of a link: set the switch ports alike.'
  const warnings = setting === 'pause' ? [ends, ...risky] : risky
  return changes.length > 0 ? { changes, notes: [], warnings } : leave(`${setting} is as wanted`)
}

function describe(
  nic: Nic,
  setting: Setting,
  { want, before, renegotiate, seconds }: Verdict,
  step: string,
): Draft {
  const type = (words: string) => [
    `ethtool ${ethtoolOption[setting]} ${nic.name} ${words}`,
    ...(renegotiate ? [`ethtool -r ${nic.name}`] : []),
  ]
  const [how, again] = renegotiate ? ['renegotiates', ''] : ['may go down', ' and come back']
  return {
    kind: 'set-nic',
    phase: 'trial',
    step,
    title: `${nic.name} ${setting}, live`,
    reason: `${wordsNow(nic, setting, want)} → ${want}`,
    certainty: 'exact',
    commands: type(want),
    impact:
      seconds === 0
        ? { link: 'none', seconds, text: 'none' }
        : {
            link: 'blip',
            seconds,
            text: `link of ${nic.name} ${how}${again}, ≤ ${seconds} s; sessions over it stall and go on`,
          },
    undo: { class: 'inverse', text: type(before).join('; '), seconds: Math.max(1, seconds) },
    checks: [
      `ethtool ${showOption[setting]} ${nic.name} reads ${want}`,
      'carrier, speed and addresses as before',
      'new SSH session',
    ],
    bounds: [],
    diff: '',
    pci: nic.pci,
    setting,
    want,
    before,
    renegotiate,
  }
}

const showOption: Readonly<Record<Setting, string>> = {
  pause: '-a',
  offload: '-k',
  ring: '-g',
  eee: '--show-eee',
}
