import type { Action } from './context.ts'
import { quoteAll } from '../quote.ts'

/**
 * A command that nicfix knows nothing of. The playbook has to say with it how to see that it is needed, how to prove it
 * and how to take it back; the guard runs all four, and takes it back like everything else.
 */
export const runOnHost: Action<'host.run'> = (step, { nics, facts }) => {
  const { reason, check, run, verify, undo, timeout, outage = 0 } = step.with
  const names = nics.map(({ name }) => name).join(' ')
  const ssh = nics.some(({ name }) => facts.sshPath.includes(name))
  return {
    notes: [],
    warnings: [],
    changes: [
      {
        kind: 'run-command',
        phase: 'trial',
        step: step.id,
        title: `run ${step.id}`,
        reason,
        certainty: 'at-apply',
        commands: [`${quoteAll(check)} || ${quoteAll(run)}`],
        impact:
          outage === 0
            ? { link: 'none', seconds: 0, text: 'none, as the playbook says' }
            : {
                link: 'outage',
                seconds: outage,
                text: `OUTAGE ≤ ${outage} s on ${names}, as the playbook says${ssh ? '; this SSH session will drop' : ''}`,
              },
        undo: { class: 'inverse', text: quoteAll(undo), seconds: timeout },
        checks: [quoteAll(verify)],
        bounds: [`whether ${step.id} is needed: ${quoteAll(check)} ends with 0 where it is not`],
        diff: '',
        argv: { check, run, verify, undo },
        seconds: timeout,
        ports: outage === 0 ? [] : nics.map(({ pci }) => pci),
      },
    ],
  }
}
