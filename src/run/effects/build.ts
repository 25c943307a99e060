import { txExit } from '../../host/protocol.ts'
import { done, sayExit } from '../said.ts'
import { instruct } from '../talk.ts'
import type { Effect } from './effect.ts'

const buildMs = 30 * 60_000

/** Builds in a private directory on the host; what runs there, and what boots, is not touched. */
export const build: Effect = async session => {
  const onStderr = (text: string) => {
    const line = text.trimEnd().split('\n').at(-1)
    if (line) session.job.tell.note(line)
  }
  const { exit } = await instruct(session, 'build', { timeoutMs: buildMs, onStderr })
  if (exit.kind === 'exited' && exit.code === txExit.done) return done
  const verdict = exit.kind === 'lost' ? 'lost' : 'failed'
  const mustNotLoad = exit.kind === 'exited' && exit.code === txExit.refused
  const next = 'read the last lines of the build above, mend the source or the headers, apply again'
  return sayExit(verdict, mustNotLoad ? 'NF4003' : 'NF4002', exit, next)
}
