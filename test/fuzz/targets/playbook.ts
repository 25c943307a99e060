import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parsePlan } from '../../../src/cli/plan-file.ts'
import { playbookSchema, refusals, risks, variableTypes } from '../../../src/model/playbook.ts'
import type { LoadedPlaybook } from '../../../src/model/playbook.ts'
import { makePlan } from '../../../src/plan/make-plan.ts'
import { planHost } from '../../../src/plan/plan-host.ts'
import { renderMarkdown } from '../../../src/plan/render-markdown.ts'
import { renderPlan } from '../../../src/plan/render-text.ts'
import { readOutline, readPlaybook } from '../../../src/playbook/read.ts'
import { Trouble } from '../../../src/problems.ts'
import type { Problem } from '../../../src/problems.ts'
import { renderProblems } from '../../../src/report/problems.ts'
import { readFacts, sha256, sources } from '../../plan/make.ts'
import { filesOf, wordsOf } from '../corpus.ts'
import { inherited } from '../dirt.ts'
import { demand, demandPlain } from '../target.ts'
import type { Answer, Target } from '../target.ts'

const folder = mkdtempSync(join(tmpdir(), 'nicfix-fuzz-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
const path = join(folder, 'playbook.yaml')

const facts = readFacts()
const host = { sha256, driver: 'i40e', nic: 'eno1' }
const samples = [...filesOf('playbooks', '.yaml'), ...filesOf('examples', 'playbook.yaml')]

/** YAML that other readers have fallen over. */
export const yamlWords = [
  '&a [*a]',
  '&a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]',
  '<<: *a',
  '!!binary aGk=',
  '!!js/function x',
  '!!set {a}',
  '? [a]',
  '---\n',
  '...\n',
  '%YAML 1.1\n---\n',
  '~',
  'null',
  '.inf',
  '0o17',
  '2001-12-14t21:59:43.10-05:00',
  '|2-\n   x',
  '>+\n  x\n\n',
  "'",
  '"\\x41\\u0041\\U00000041"',
  '"\\ud800"',
  '${',
  '${sha256}',
  '${__proto__}',
  '#',
]

export const playbookTarget: Target = {
  samples,
  words: [
    ...wordsOf(...samples),
    ...yamlWords,
    ...inherited,
    ...refusals,
    ...risks,
    ...variableTypes,
    ...Object.keys(playbookSchema.shape),
    '>=1.0 <2 || 3.x',
    'in-tree',
    '[a-z',
    'eno*',
    '90%',
  ],
  // Some are larger than a playbook may be.
  largest: 80 * 1024,
  run(input) {
    writeFileSync(path, input)
    checkOutline()
    const read = readPlaybook(path, { commandLine: {}, host })
    if ('problems' in read) return refuse(read.problems)
    planFor(read.loaded)
    return 'accepted'
  },
}

function refuse(problems: readonly Problem[]): Answer {
  demand(problems.length > 0, 'it was refused without a problem')
  demandPlain(renderProblems(problems))
  return 'refused'
}

function checkOutline(): void {
  try {
    readOutline(path)
  } catch (error) {
    if (!(error instanceof Trouble)) throw error
  }
}

/** A playbook that is right can be planned, or is told why not; a plan that is kept is read as it was. */
function planFor(loaded: LoadedPlaybook): void {
  const planned = planHost(loaded, 'h1', facts, sources)
  if ('problems' in planned) return void refuse(planned.problems)
  const plan = makePlan('0.1.0', loaded, [planned.plan], 'nonce')
  demandPlain(renderPlan(plan))
  renderMarkdown(plan)
  const again = parsePlan(JSON.stringify(plan), 'plan.json')
  demand(again.digest === plan.digest, 'a kept plan has another digest')
}
