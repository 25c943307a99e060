import type { BootRecord, Facts } from '../model/facts.ts'
import { findValue, readEntries, splitBlocks } from './fact.ts'
import type { Entry, Fact } from './fact.ts'

type State = Pick<Facts, 'bootRecords' | 'openTransactions' | 'appliedPlans'>

/** What earlier runs left in /var/lib/nicfix: boot records, transactions that have not ended, plans that were applied. */
export const state: Fact<State> = {
  name: 'state',
  command: `
for record in /var/lib/nicfix/boot.d/*; do
  [ -f "$record" ] || continue
  printf 'record %s\\n' "\${record##*/}"
  sed 's/^/is-/' "$record"
  printf '\\nnow %s\\n' "$(sha_of "$(sed -n '/^file /{s///p;q;}' "$record")")"
done
for token in /var/lib/nicfix/tx/*/token; do
  for word in failed rollback confirmed pending staged; do
    if [ -e "$token/$word" ]; then
      id=\${token%/token}
      printf 'transaction %s %s\\n' "\${id##*/}" "$word"
      break
    fi
  done
  for word in pending confirmed committed rollback rolled-back failed; do
    [ ! -e "$token/$word" ] || sed 's/^/applied /;q' "\${token%/token}/m/plan" 2>/dev/null
  done
done
`,
  parse(body) {
    const entries = readEntries(body)
    const valuesOf = (key: string) =>
      entries.filter(entry => entry.key === key).map(entry => entry.value)
    const records = entries.filter(({ key }) => key !== 'transaction' && key !== 'applied')
    return {
      bootRecords: splitBlocks(records, 'record')
        .map(readRecord)
        .filter(record => record !== null),
      openTransactions: valuesOf('transaction'),
      appliedPlans: valuesOf('applied'),
    }
  },
}

/** A record that lacks something is none: the next run writes it anew. */
function readRecord(block: readonly Entry[]): BootRecord | null {
  const read = (key: string) => findValue(block, `is-${key}`)
  const [module, kernel, file, sha256] = [
    read('module'),
    read('kernel'),
    read('file'),
    read('sha256'),
  ]
  const [buildId, source] = [read('build-id'), read('source')]
  if (module === null || kernel === null || file === null || sha256 === null) return null
  if (buildId === null || source === null) return null
  const fileSha256 = findValue(block, 'now')
  return {
    module,
    kernel,
    version: read('version') ?? '',
    file,
    sha256,
    buildId,
    source,
    fileSha256,
  }
}
