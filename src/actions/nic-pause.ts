import type { Nic } from '../model/facts.ts'
import type { Problem } from '../problems.ts'
import { leave } from './context.ts'
import type { Action, Draft } from './context.ts'
import { judgePause, sayPause } from './pause.ts'

/** Seconds that a copper link takes at most to come back from a negotiation (1000BASE-T, without spanning tree). */
const blipSeconds = 10

/** Pause frames of every selected port, live. A port that is as wanted already gets no change. */
export const setPause: Action<'nic.pause'> = (step, context) => {
  const problems: Problem[] = []
  const changes: Draft[] = []
  for (const nic of context.nics) {
    const verdict = judgePause(nic, step.with, { host: context.host, step: step.id })
    if ('code' in verdict) problems.push(verdict)
    else if (nic.pause && sayPause(nic.pause) !== sayPause(verdict.want))
      changes.push(
        describe(nic, sayPause(nic.pause), sayPause(verdict.want), verdict.renegotiate, step.id),
      )
  }
  if (problems.length > 0) return { problems }
  const ends = 'Flow control belongs to both ends of a link: set the switch ports alike.'
  return changes.length > 0 ? { changes, notes: [], warnings: [ends] } : leave('pause is as wanted')
}

function describe(
  nic: Nic,
  before: string,
  want: string,
  renegotiate: boolean,
  step: string,
): Draft {
  const type = (words: string) => [
    `ethtool -A ${nic.name} ${words}`,
    ...(renegotiate ? [`ethtool -r ${nic.name}`] : []),
  ]
  return {
    kind: 'set-nic',
    phase: 'trial',
    step,
    title: `${nic.name} pause, live`,
    reason: `${before} → ${want}`,
    certainty: 'exact',
    commands: type(want),
    impact: {
      link: 'blip',
      seconds: blipSeconds,
      text: `link of ${nic.name} renegotiates, ≤ ${blipSeconds} s; sessions over it stall and go on`,
    },
    undo: { class: 'inverse', text: type(before).join('; '), seconds: blipSeconds },
    checks: [
      `ethtool -a ${nic.name} reads ${want}`,
      'carrier, speed and addresses as before',
      'new SSH session',
    ],
    bounds: [],
    diff: '',
    pci: nic.pci,
    setting: 'pause',
    want,
    before,
    renegotiate,
  }
}
