import type { TxStatus } from '../model/tx.ts'
import { tellOutcome, tellState, tellTransaction } from './words.ts'

/** What a journal says of a host; the shape of src/run/standing.ts. */
export type Standing =
  | { readonly kind: 'new' }
  | { readonly kind: 'ended'; readonly outcome: string }
  | {
      readonly kind: 'open'
      readonly state: string
      readonly effect: string
      readonly begun: boolean
      readonly policy: 'again' | 'ask'
    }

/** Journal and host side by side, and what is done about it. */
export function renderStanding(host: string, standing: Standing, status?: TxStatus | null): string {
  if (standing.kind === 'new') return `${host}\n  journal   nothing was begun`
  if (standing.kind === 'ended')
    return `${host}\n  journal   ended: ${tellOutcome(standing.outcome)}`
  const { state, effect, begun, policy } = standing
  // It only waits: whether it had begun to makes no difference.
  const waits = effect === 'permit'
  const how = begun && !waits ? `; how "${tellState(effect)}" ended is not known` : ''
  const next =
    begun && policy === 'ask'
      ? `asks the host how "${tellState(effect)}" ended, then goes on`
      : `goes on with "${tellState(effect)}"`
  return [
    host,
    `  journal   left while ${tellState(state)}${how}`,
    ...(status === undefined ? [] : [`  host      ${tellHost(status)}`]),
    `  resume    ${waits ? 'waits for nicfix confirm' : next}`,
  ].join('\n')
}

function tellHost(status: TxStatus | null): string {
  if (!status) return 'says nothing of the run'
  const { state, phase, guardAlive, sameBoot, deadlineInSeconds } = status
  const parts = [
    tellTransaction(state),
    ...(deadlineInSeconds === null ? [] : [`${deadlineInSeconds}s left`]),
    ...(state === 'pending'
      ? [phase, guardAlive ? 'its guard is at work' : 'no guard is at work']
      : []),
    ...(sameBoot ? [] : ['booted since']),
  ]
  return parts.join(' · ')
}
