import type { TxStatus } from '../model/tx.ts'
import { show } from './problems.ts'
import { tellTransaction } from './words.ts'

const lastEvents = 3

/** What a host says of one run, in plain words. */
export function renderStatus(host: string, status: TxStatus): string {
  const { id, playbook, state, phase, guardAlive, deadlineInSeconds, sameBoot, events } = status
  const isOpen = ['staged', 'pending', 'confirmed', 'rollback'].includes(state)
  const faults = events.filter(({ event }) => event === 'failed' || event === 'stuck')
  const lines = [`  ${id}  ${show(playbook)}  ${tellTransaction(state)}`]
  if (isOpen) {
    const guard = guardAlive ? 'its guard is at work' : 'no guard is at work'
    lines.push(`    ${guard} (${phase})${sameBoot ? '' : ', the host has booted since'}`)
  }
  if (deadlineInSeconds !== null) {
    lines.push(`    rolls back in ${deadlineInSeconds}s unless it is confirmed`)
  }
  for (const { change, text } of faults.slice(-lastEvents)) {
    lines.push(`    ${change === '-' ? '' : `${show(change)}: `}${show(text)}`)
  }
  if (state === 'failed') {
    lines.push(`    by hand: /var/lib/nicfix/tx/${id}/MANUAL.txt on ${host}`)
    lines.push(`    try again: nicfix rollback ${id} --host ${host}`)
  }
  return lines.join('\n')
}
