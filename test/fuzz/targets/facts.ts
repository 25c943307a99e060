import { factsSchema } from '../../../src/model/facts.ts'
import type { Facts } from '../../../src/model/facts.ts'
import { staleReasons } from '../../../src/plan/fingerprint.ts'
import { planHost } from '../../../src/plan/plan-host.ts'
import { rollbackProofs } from '../../../src/plan/proofs.ts'
import { renderProblems } from '../../../src/report/problems.ts'
import { Trouble } from '../../../src/problems.ts'
import { readFacts } from '../../../src/run/real-tools.ts'
import * as make from '../../plan/make.ts'
import { readText, textsOf, wordsOf } from '../corpus.ts'
import { inherited } from '../dirt.ts'
import { demand, demandKept, demandPlain } from '../target.ts'
import type { Target } from '../target.ts'

const probe = readText('test/fixtures/facts/h1.txt')
const known = make.readFacts()
const playbooks = ['i40e-upgrade', 'e1000e-flow-control-off', 'driver-revert', 'ring-max'].map(
  name => make.readPlaybook(name),
)
const before = make.plan('e1000e-flow-control-off', known)

/** What hosts of other kinds say: layers, other name spaces, queueing, odd mounts. */
const others = `@fact riders
|index eno1 2
|layer bond0
|lower eno1
|layer vmbr0
|lower bond0
|here 7: vmbr0: <BROADCAST> mtu 1500 \\    link/ether 52:54:00:00:00:01 \\    bridge forward_delay 0
|tc qdisc htb 1: dev eno1 root refcnt 2 r2q 10
|route 10.9.0.0/16 \\ nexthop via 10.0.2.2 dev eno1 weight 1 \\ nexthop via 10.0.3.2 dev eno2
|space web1
|link 5: eth0@if2: <BROADCAST> mtu 1500 \\    macvlan mode bridge
|daemon corosync
|mount /srv/a\\040b
|
`
const samples = textsOf(
  probe,
  probe.replace(/@fact riders\n(?:\|.*\n)*/, () => others),
)

export const probeTarget: Target = {
  samples,
  words: [...wordsOf(...samples), ...inherited, '@fact nics\n', '@end 18', '|', '|nic ', '[fixed]'],
  largest: 256 * 1024,
  run(input) {
    let facts: Facts
    try {
      facts = readFacts(input.toString('utf8'))
    } catch (error) {
      if (!(error instanceof Trouble)) throw error
      demandPlain(renderProblems(error.problems))
      return 'refused'
    }
    const read = factsSchema.safeParse(JSON.parse(JSON.stringify(facts)))
    demand(
      read.success,
      `facts that are kept could not be read again: ${read.error?.issues[0]?.path.join('.')}`,
    )
    demandKept(facts)
    planWith(facts)
    return 'accepted'
  },
}

/** With whatever facts: a plan, or problems; and what has changed since then can be told. */
function planWith(facts: Facts): void {
  for (const playbook of playbooks) {
    const planned = planHost(playbook, 'h1', facts, make.sources)
    if ('problems' in planned) demandPlain(renderProblems(planned.problems))
  }
  staleReasons(before, facts)
  rollbackProofs(before, known, facts, known)
}

const keptSamples = textsOf(JSON.stringify(known, null, 1), JSON.stringify(known))

export const keptFactsTarget: Target = {
  samples: keptSamples,
  words: [...wordsOf(...keptSamples).slice(0, 400), ...inherited, 'null', 'true', '[]', '{}', '""'],
  largest: 256 * 1024,
  run(input) {
    let data: unknown
    try {
      data = JSON.parse(input.toString('utf8'))
    } catch {
      return 'refused'
    }
    const read = factsSchema.safeParse(data)
    if (!read.success) return 'refused'
    planWith(read.data)
    return 'accepted'
  },
}
