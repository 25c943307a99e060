import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalize, digestPlan, makePlan } from '../../src/plan/make-plan.ts'
import { plan, readFacts, readPlaybook } from './make.ts'

// Part of the examples of RFC 8785.
test.each([
  [{ b: 1, a: [true, null, 'x'] }, '{"a":[true,null,"x"],"b":1}'],
  [{ '\u20ac': 1, '\r': 2, 1: 3, ö: 4 }, '{"\\r":2,"1":3,"ö":4,"€":1}'],
  [[333333333.3333333, 1e30, 4.5, 2e-3, 1e-27], '[333333333.3333333,1e+30,4.5,0.002,1e-27]'],
  [{ a: undefined, b: { d: 1, c: 2 } }, '{"b":{"c":2,"d":1}}'],
])('canonical JSON %#', (value, expected) => {
  expect(canonicalize(value)).toBe(expected)
})

const sha256 = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`

test('the digest is that of the canonical JSON, whatever a plan has in it', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ minLength: 1 }), fc.jsonValue()), value => {
      const { digest: _, nonce: __, ...rest } = value
      expect(digestPlan(value as never)).toBe(sha256(canonicalize(rest)))
    }),
  )
})

test('the digest covers everything, and survives a file', () => {
  const made = makePlan('0.1.0', readPlaybook('i40e-upgrade'), [plan('i40e-upgrade', readFacts())])
  expect(made.digest).toMatch(/^sha256:[0-9a-f]{64}$/)
  const read = JSON.parse(JSON.stringify(made)) as typeof made
  expect(digestPlan(read)).toBe(made.digest)
  const tampered = structuredClone(read) as unknown as { hosts: { changes: { title: string }[] }[] }
  tampered.hosts[0]!.changes[0]!.title += '.'
  expect(digestPlan(tampered as never)).not.toBe(made.digest)
})
