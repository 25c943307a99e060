import { parsePlan } from '../../../src/cli/plan-file.ts'
import type { Plan } from '../../../src/model/plan.ts'
import { groupHosts } from '../../../src/plan/groups.ts'
import { digestPlan, makePlan } from '../../../src/plan/make-plan.ts'
import { renderMarkdown } from '../../../src/plan/render-markdown.ts'
import { renderPlan } from '../../../src/plan/render-text.ts'
import { Trouble } from '../../../src/problems.ts'
import { renderProblems } from '../../../src/report/problems.ts'
import * as make from '../../plan/make.ts'
import { plan as small } from '../../run/setup.ts'
import { textsOf, wordsOf } from '../corpus.ts'
import { inherited } from '../dirt.ts'
import { demand, demandPlain } from '../target.ts'
import type { Answer, Target } from '../target.ts'

const facts = make.readFacts()
const plans = ['i40e-upgrade', 'e1000e-flow-control-off', 'ring-max'].map(name =>
  makePlan('0.1.0', make.readPlaybook(name), [make.plan(name, facts)], 'nonce'),
)
const whole = makePlan('0.1.0', make.readPlaybook('i40e-upgrade'), [
  small,
  { ...small, host: 'h2' },
])
const samples = textsOf(...[...plans, whole].map(plan => JSON.stringify(plan, null, 2)))

export const planTarget: Target = {
  samples,
  words: [...wordsOf(...samples).slice(0, 500), ...inherited, 'null', 'true', '[]', '{}', '"10%"'],
  largest: 256 * 1024,
  run(input) {
    const text = input.toString('utf8')
    const asItIs = read(text)
    return read(mend(text)) === 'accepted' ? 'accepted' : asItIs
  },
}

/** The same with the digest that it now has to have: somebody has edited it, and knows how it is made. */
function mend(text: string): string {
  try {
    const plan = JSON.parse(text) as Plan
    return JSON.stringify({ ...plan, digest: digestPlan(plan) })
  } catch {
    return text
  }
}

function read(text: string): Answer {
  let plan: Plan
  try {
    plan = parsePlan(text, 'plan.json')
  } catch (error) {
    if (!(error instanceof Trouble)) throw error
    demandPlain(renderProblems(error.problems))
    return 'refused'
  }
  demandPlain(renderPlan(plan))
  renderMarkdown(plan)
  groupHosts(plan.hosts)
  const again = parsePlan(JSON.stringify(plan), 'plan.json')
  demand(again.digest === plan.digest, 'it has another digest when it is read again')
  return 'accepted'
}
