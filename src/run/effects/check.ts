import { problem } from '../../problems.ts'
import { takeFacts } from '../kept-facts.ts'
import { done, say } from '../said.ts'
import type { Effect } from './effect.ts'

/** Does the plan still fit the host, and is there anything to do? */
export const check: Effect = session => {
  const { plan, tools, host } = session.job
  if (!session.before) throw new Error('the host was not probed')
  const details = tools.staleReasons(plan, takeFacts(session.before))
  if (details.length > 0) {
    const message = `the plan no longer fits ${host.name}; nothing was changed`
    const next = 'make a new plan and have it approved'
    return Promise.resolve(say('refused', problem('NF3001', message, next, { details })))
  }
  return Promise.resolve(plan.changes.length === 0 ? { verdict: 'empty' } : done)
}
