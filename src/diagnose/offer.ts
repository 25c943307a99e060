import type { PlaybookOffer } from '../model/diagnosis.ts'
import { quoteAll } from '../quote.ts'
import { answerNeed, answerVersion } from './needs.ts'
import { labelOf } from './port.ts'
import type { Case } from './port.ts'
import type { Offer, Signature } from './signatures/signature.ts'

/** The first playbook of a signature that fits the port; `against` says why others do not. */
export function chooseOffer(
  signature: Signature,
  found: Case,
): { readonly offer: PlaybookOffer | null; readonly against: readonly string[] } {
  const against: string[] = []
  for (const each of signature.offers ?? []) {
    const { drivers = signature.drivers, needs = [], older } = each
    if (drivers && !drivers.includes(found.device?.driver ?? '')) continue
    const answers = needs.map(need => answerNeed(need, found))
    if (older) answers.push(answerVersion(older, found))
    const unmet = answers.filter(({ holds }) => !holds)
    if (unmet.length === 0) return { offer: write(each, found), against: [] }
    against.push(`${each.playbook} is not for this: ${unmet.map(({ why }) => why).join('; ')}`)
  }
  // Of several, the first says most.
  return { offer: null, against: against.slice(0, 1) }
}

function write({ playbook, vars = {}, missing = [], after }: Offer, found: Case): PlaybookOffer {
  const values = [
    ...Object.entries(vars).map(([name, value]) => `${name}=${fill(value, found)}`),
    ...missing.map(({ name }) => `${name}=${name.toUpperCase()}`),
  ]
  const words = ['nicfix', 'plan', `playbooks/${playbook}.yaml`, '--host', found.host]
  return {
    name: playbook,
    command: quoteAll([...words, ...values.flatMap(value => ['-e', value])]),
    missing,
    withheld: after ?? null,
  }
}

/** Puts the port and the host into a text. */
export function fill(text: string, { device, host }: Case): string {
  return text
    .replaceAll('{name}', () => labelOf(device) || 'PORT')
    .replaceAll('{pci}', () => device?.pci ?? 'PCI')
    .replaceAll('{host}', () => host)
}
