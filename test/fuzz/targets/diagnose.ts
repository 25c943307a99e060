import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { diagnoseParts } from '../../../src/cli/diagnose-hosts.ts'
import { readInput } from '../../../src/cli/read-input.ts'
import { diagnose } from '../../../src/diagnose/diagnose.ts'
import { readCollection } from '../../../src/diagnose/collect.ts'
import { lastMoment } from '../../../src/diagnose/log/last.ts'
import { renderDiagnosisMarkdown } from '../../../src/diagnose/render-markdown.ts'
import { renderDiagnosis } from '../../../src/diagnose/render-text.ts'
import { Unreadable } from '../../../src/facts/fact.ts'
import { diagnosisSchema } from '../../../src/model/diagnosis.ts'
import type { Diagnosis } from '../../../src/model/diagnosis.ts'
import { Trouble } from '../../../src/problems.ts'
import { examples } from '../../diagnose/examples/index.ts'
import { diagnoseLog, port, readings } from '../../diagnose/make.ts'
import { filesOf, textsOf, wordsOf } from '../corpus.ts'
import { inherited } from '../dirt.ts'
import { demand, demandPlain } from '../target.ts'
import type { Target } from '../target.ts'
import { mendSums, tarOf } from '../tar.ts'

const folder = mkdtempSync(join(tmpdir(), 'nicfix-fuzz-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))

const lines = Object.values(examples)
  .flatMap(({ yes, no }) => [...yes, ...no])
  .flatMap(each => (typeof each === 'string' ? [each] : []))
const stamped = lines.map((line, at) => `[ ${at}.5] ${line}`)
const journal = lines.map(line => `Nov  5 16:44:42 web1 kernel: ${line}`)
const json = lines.map(line =>
  JSON.stringify({ MESSAGE: line, _TRANSPORT: 'kernel', __REALTIME_TIMESTAMP: '1763855523000000' }),
)
const logs = [
  ...filesOf('test/fixtures/reports'),
  ...textsOf(...[stamped, journal, json].map(each => each.join('\n'))),
]

const logWords = [
  ...wordsOf(...logs).slice(0, 600),
  ...inherited,
  '-- Boot ',
  '[ 1.0] Linux version 6.1.0 ',
  'renamed from eth0',
  '\u0000',
  '<4>',
]

/** It can be printed, and says what it is. */
function check(diagnosis: Diagnosis): void {
  const { success } = diagnosisSchema.safeParse(JSON.parse(JSON.stringify(diagnosis)))
  demand(success, 'the diagnosis is none that could be read again')
  demandPlain(renderDiagnosis(diagnosis))
  demandPlain(renderDiagnosisMarkdown(diagnosis))
}

export const logTarget: Target = {
  samples: logs,
  words: logWords,
  largest: 256 * 1024,
  run(input) {
    lastMoment(input.toString('utf8'))
    const diagnosis = diagnoseLog(input)
    check(diagnosis)
    return diagnosis.verdict.startsWith('no trouble') ? 'refused' : 'accepted'
  },
}

const settings = `Settings for eno1:
	Supported link modes:   10baseT/Half 10baseT/Full
	                        1000baseT/Full
	Supported pause frame use: No
	Advertised pause frame use: Symmetric
	Speed: 1000Mb/s
	Duplex: Full
	Link detected: yes
`
const parts: Readonly<Record<string, string>> = {
  ...port({
    more: {
      settings,
      pause: 'Pause parameters for eno1:\nAutonegotiate:\ton\nRX:\t\ton\nTX:\t\ton\n',
      features: 'rx-checksumming: on\ntcp-segmentation-offload: off [fixed]\n',
      ring: 'Pre-set maximums:\nRX:\t4096\nTX:\t4096\nCurrent hardware settings:\nRX:\t256\nTX:\t256\n',
      eee: 'EEE settings for eno1:\n\tEEE status: enabled - active\n',
    },
  }),
  ...readings(
    { rx_missed_errors: 5, rx_crc_errors: 900 },
    { irq: '12: N O PCI-MSI 524288-edge eno1-rx-0', host: { dropped: 9, udp: 4 } },
  ),
  'log/dmesg': stamped.slice(0, 20).join('\n'),
}

const framed = `@nicfix-probe 1\n${Object.entries(parts)
  .map(([name, text]) => `@fact ${name}\n${text.replaceAll(/^/gm, '|')}\n`)
  .join('')}@end ${Object.keys(parts).length}\n`
const partWords = [
  ...wordsOf(...Object.values(parts)),
  ...inherited,
  '@fact nic/eno2/info\n',
  '\n|nic eno2\n',
  '|irq 1 2 eno1',
]

export const collectedTarget: Target = {
  samples: textsOf(framed),
  words: partWords,
  largest: 256 * 1024,
  run(input) {
    try {
      check(diagnoseParts(readCollection(input.toString('utf8')), 'h1', {}))
      return 'accepted'
    } catch (error) {
      if (error instanceof Unreadable) return 'refused'
      throw error
    }
  },
}

export const bundleTarget: Target = {
  samples: [tarOf(parts), tarOf({ meta: parts['meta'] ?? '', 'log/dmesg': 'x\n' })],
  words: [...partWords, './meta', '../../etc/passwd', 'ustar', 'log/x', 'nic/eno1/sysfs'],
  largest: 256 * 1024,
  async run(input) {
    const asItIs = await readBundle(input)
    const mended = await readBundle(mendSums(input))
    return asItIs === 'accepted' ? asItIs : mended
  },
}

async function readBundle(bytes: Uint8Array) {
  const path = join(folder, 'bundle')
  writeFileSync(path, bytes)
  try {
    const { gathered, collected } = await readInput(path, null)
    check(diagnose(gathered, { nicfix: '0.1.0', host: null, nic: null }, collected))
    return 'accepted'
  } catch (error) {
    if (error instanceof Trouble) return 'refused'
    throw error
  }
}
