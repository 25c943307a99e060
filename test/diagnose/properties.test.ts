import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { diagnose } from '../../src/diagnose/diagnose.ts'
import { startGathering } from '../../src/diagnose/gather.ts'
import { prepareWords } from '../../src/diagnose/log/words.ts'
import { renderDiagnosisMarkdown } from '../../src/diagnose/render-markdown.ts'
import { renderDiagnosis } from '../../src/diagnose/render-text.ts'
import { diagnosisSchema } from '../../src/model/diagnosis.ts'
import { examples } from './examples/index.ts'
import { diagnoseLog, playbooksOf } from './make.ts'

const lines = Object.values(examples)
  .flatMap(({ yes, no }) => [...yes, ...no])
  .flatMap(each => (typeof each === 'string' ? each.split('\n') : []))

const prefix = fc.constantFrom(
  '',
  '[ 100.5] ',
  'Nov  5 16:44:42 web1 kernel: ',
  '<4>[ 1.0] ',
  '> ',
  '{"MESSAGE":"',
)
const dirt = fc.string({ unit: 'binary', maxLength: 40 })
/** A line of a driver, with something wrong in it. */
const line = fc
  .tuple(prefix, fc.constantFrom(...lines), dirt, fc.nat(200))
  .map(([head, text, odd, at]) => head + text.slice(0, at) + odd + text.slice(at))
const log = fc.array(fc.oneof(line, dirt), { maxLength: 30 }).map(all => all.join('\n'))

const controls = /(?!\n)[\p{Cc}\p{Bidi_Control}\u2028\u2029\ufeff]/u

describe('whatever a log holds', () => {
  it('a diagnosis of it is one, and nothing of it disturbs a terminal', () => {
    fc.assert(
      fc.property(log, text => {
        const diagnosis = diagnoseLog(text)
        expect(diagnosisSchema.parse(diagnosis)).toEqual(diagnosis)
        expect(controls.test(renderDiagnosis(diagnosis))).toBe(false)
        expect(controls.test(renderDiagnosisMarkdown(diagnosis))).toBe(false)
      }),
      { numRuns: 200 },
    )
  })

  it('no bytes break it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 4000 }), bytes => {
        expect(diagnoseLog(bytes).findings.length).toBeLessThan(2)
      }),
      { numRuns: 200 },
    )
  })

  it('in which pieces it arrives makes no difference', () => {
    fc.assert(
      fc.property(log, fc.array(fc.nat(60), { minLength: 1, maxLength: 40 }), (text, sizes) => {
        const bytes = Buffer.from(text)
        const gathering = startGathering([], { calendar: null, uptime: null })
        const open = gathering.open('dmesg')
        let at = 0
        for (let turn = 0; at < bytes.length; turn += 1) {
          const size = 1 + sizes[turn % sizes.length]!
          open.push(bytes.subarray(at, at + size))
          at += size
        }
        open.end()
        const pieces = diagnose(gathering.end(), { nicfix: '0.1.0', host: null, nic: null })
        const whole = diagnoseLog(text)
        const times = ({ ports, findings }: typeof whole) =>
          [findings, ports].map(each =>
            JSON.stringify(each, (key, value: unknown) => (key === 'at' ? null : value)),
          )
        expect(times(pieces)).toEqual(times(whole))
      }),
      { numRuns: 100 },
    )
  })

  it('no command that it leads to holds more than names', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 20 }), name => {
        const text = `e1000e 0000:00:1f.6 ${name}: Detected Hardware Unit Hang:\nNov  5 16:44:42 ${name} kernel: e1000e 0000:00:1f.6 eno1: NIC Link is Up`
        for (const command of diagnoseLog(text).next)
          expect(command).toMatch(/^nicfix [\w. =:@%+/-]+$/)
      }),
    )
  })

  it('a log without a known trouble names no playbook', () => {
    fc.assert(
      fc.property(fc.array(dirt, { maxLength: 20 }), all => {
        expect(playbooksOf(diagnoseLog(all.join('\n')))).toEqual([])
      }),
    )
  })
})

describe('a line that never ends', () => {
  it('is cut, and the next one is read', () => {
    const text = `${'x'.repeat(300_000)}\n[ 1.0] e1000e 0000:00:1f.6 eno1: Detected Hardware Unit Hang:\n`
    const gathering = startGathering([], { calendar: null, uptime: null })
    const open = gathering.open('dmesg')
    const bytes = Buffer.from(text)
    for (let at = 0; at < bytes.length; at += 50_000) open.push(bytes.subarray(at, at + 50_000))
    open.end()
    const { groups, logs } = gathering.end()
    expect(groups.map(({ signature }) => signature.id)).toEqual(['e1000e-hang'])
    expect(logs[0]?.oddities).toEqual(['lines of more than 64 KiB were cut: 1'])
  })
})

describe('words', () => {
  it('are found where String.includes finds them', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(
        fc.array(letters, { minLength: 1, maxLength: 8 }),
        fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'd') }),
        (some, text) => {
          const words = prepareWords(some)
          const bytes = Buffer.from(text)
          const wanted = [...new Set(some)].filter(word => text.includes(word))
          expect(words.all(bytes, 0, bytes.length).toSorted()).toEqual(wanted.toSorted())
          const ends = wanted.map(word => text.indexOf(word) + word.length - 1)
          expect(words.next(bytes, 0, bytes.length)).toBe(ends.length > 0 ? Math.min(...ends) : -1)
        },
      ),
    )
  })
})
