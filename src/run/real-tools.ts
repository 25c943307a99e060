import { parseFacts, probeScript } from '../facts/probe.ts'
import { hostScriptBytes } from '../host/script.ts'
import type { Facts } from '../model/facts.ts'
import { staleReasons } from '../plan/fingerprint.ts'
import * as judge from '../plan/proofs.ts'
import { Trouble } from '../problems.ts'
import { realClock } from './clock.ts'
import type { Proof, Tools } from './tools.ts'

/** The facts in a probe's output. @throws {Trouble} NF2040 */
export function readFacts(stdout: string): Facts {
  const facts = parseFacts(stdout)
  if ('code' in facts) throw new Trouble(facts)
  // Of its own: as pieces of the output they would keep all of it, for every host of a fleet.
  return structuredClone(facts)
}

function tellProof({ name, ok, expected, found }: judge.Proof): Proof {
  return { name, ok, text: ok ? found : `expected ${expected}, found ${found}` }
}

/** What runs outside of tests. `commands` are those that the playbook wants looked for. */
export function realTools(commands: readonly string[] = []): Tools {
  return {
    clock: realClock,
    hostScript: hostScriptBytes,
    // A run only compares with what the plan's probe saw; what the initramfs carries was looked at then.
    probeScript: () => probeScript(commands, false),
    parseFacts: readFacts,
    staleReasons,
    proofs: (plan, before, after) => judge.proofs(plan, before, after).map(tellProof),
    rollbackProofs(plan, before, after, begun = before) {
      // A boot in between takes nothing from a rollback: what counts is what is there now.
      const sameBoot = { ...after, bootId: begun.bootId }
      return judge.rollbackProofs(plan, before, sameBoot, begun).map(tellProof)
    },
  }
}
