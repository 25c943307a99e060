import { parseAnswer, parseOwner } from '../../../src/host/protocol.ts'
import { txEventNames, txPhases, txStates } from '../../../src/model/tx.ts'
import { renderStatus } from '../../../src/report/status.ts'
import { followChanges, measureOutage } from '../../../src/run/follow.ts'
import { plan } from '../../run/setup.ts'
import { textsOf, wordsOf } from '../corpus.ts'
import { inherited } from '../dirt.ts'
import { demand, demandKept, demandPlain } from '../target.ts'
import type { Target } from '../target.ts'

const block = (state: string, more: string) => `nicfix-tx 1
id 20261122-0131-4f2a
playbook i40e-upgrade
state ${state}
phase tried
guard alive
watch alive
deadline 133
boot same
${more}end
`
const outputs = 'output 01 sha256 abcd\noutput 01 vermagic 6.1.0 SMP mod_unload\n'
const log = `event 1 812 03 backed-up /etc/rc.local
event 2 900.5 - note phase ready
event 3 901 02 begin
event 4 902 02 applied
event 5 903 - note eno1 was gone for about 3.2 s
event 6 904 02 undo
event 7 905 02 undone
`
const samples = textsOf(
  block('pending', outputs + log),
  block('committed', log) + block('rolled-back', outputs),
  `${block('failed', 'event 1 2 03 stuck rm: no\n')}@nicfix-probe 1\n@end 0\n`,
  `owner ann@desk 20261122-0131-4f2a\n`,
)

export const answerTarget: Target = {
  samples,
  words: [
    ...wordsOf(...samples),
    ...inherited,
    ...txStates,
    ...txPhases,
    ...txEventNames,
    '\nend\n',
  ],
  largest: 256 * 1024,
  run(input) {
    const text = input.toString('utf8')
    parseOwner(text)
    const answer = parseAnswer(text)
    if (answer.kind === 'unreadable') return 'refused'
    for (const { status, outputs: made } of answer.blocks) {
      followChanges(status.events, plan.changes, status.state === 'committed')
      measureOutage(status.events)
      demandPlain(renderStatus('h1', status))
      demandKept(status)
      demand(Object.getPrototypeOf(made) === Object.prototype, 'the outputs inherit from an answer')
    }
    return answer.blocks.length > 0 ? 'accepted' : 'refused'
  },
}
