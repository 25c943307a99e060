import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { build, codes, digest, load, tell, write } from './write.ts'

describe('what is wrong with a playbook', () => {
  it('an unknown key, with the key that was meant', () => {
    expect(tell(write('fleet: { waves: [1], soack: 15m }'))).toBe(`\
error[NF1007]: unknown key "soack"   (exit 65)
  --> p.yaml:4:22
4 | fleet: { waves: [1], soack: 15m }
  |                      ^^^^^ did you mean "soak"?
  keys here: waves, soak, max-failures
  next: nicfix explain NF1007`)
  })

  it('a wrong value, with those that are right', () => {
    expect(tell(write('refuse-when: [vf-in-used]'))).toBe(`\
error[NF1003]: wrong value for "refuse-when[0]"   (exit 65)
  --> p.yaml:4:15
4 | refuse-when: [vf-in-used]
  |               ^^^^^^^^^^ did you mean "vf-in-use"?
  expected  vf-in-use, rdma-loaded, root-on-network, unsigned-module-rejected, last-bond-member, child-elsewhere, openvswitch-port or cluster-member
  found     "vf-in-used"
  next: nicfix explain NF1003`)
  })

  it('a missing key, at the parent that lacks it', () => {
    expect(tell(write('', ['{ id: live, use: nic.pause, with: { rx: off } }']))).toBe(`\
error[NF1003]: missing key "tx" in steps[0].with   (exit 65)
  --> p.yaml:6:33
6 |   - { id: live, use: nic.pause, with: { rx: off } }
  |                                 ^^^^
  expected  on, off, true or false
  keys here: autoneg, rx, tx
  next: nicfix explain NF1003`)
  })

  it('a variable without a value, with what to type', () => {
    expect(tell(write('vars: { sha256: { required: true } }'))).toBe(`\
error[NF1010]: variable "sha256" has no value   (exit 65)
  --> p.yaml:4:9
4 | vars: { sha256: { required: true } }
  |         ^^^^^^
  next: give it one: -e sha256=…`)
  })

  it('a variable that is not declared, at the very place in the text', () => {
    const text = write(
      'vars: { version: { default: "1" } }\ndescription: up to ${version}, not ${vresion}',
    )
    expect(tell(text)).toBe(`\
error[NF1011]: variable "vresion" is not declared   (exit 65)
  --> p.yaml:5:36
5 | description: up to \${version}, not \${vresion}
  |                                    ^^^^^^^^^^ did you mean "version"?
  variables: version
  next: nicfix explain NF1011`)
  })

  it('a variable of the command line that is not declared', () => {
    expect(tell(write('vars: { version: { default: "1" } }'), { verison: '2' })).toBe(`\
error[NF1011]: -e verison=… sets a variable that the playbook does not declare   (exit 65)
  did you mean "version"?
  variables: version
  next: nicfix explain NF1011`)
  })

  it('a variable that its pattern does not allow', () => {
    expect(tell(write("vars: { version: { pattern: '^[0-9.]+$' } }"), { version: '1;reboot' }))
      .toBe(`\
error[NF1003]: wrong value for variable "version"   (exit 65)
  --> p.yaml:4:29
4 | vars: { version: { pattern: '^[0-9.]+$' } }
  |                             ^^^^^^^^^^^
  expected  text that matches ^[0-9.]+$
  found     "1;reboot"  (from -e version=…)
  next: nicfix explain NF1003`)
  })

  it('YAML that is none', () => {
    expect(tell('nicfix: 1\nname: [p\nsteps: []\n')).toContain('error[NF1002]')
    expect(tell('nicfix: 1\nname: p\nname: q\n')).toBe(`\
error[NF1002]: map keys must be unique   (exit 65)
  --> p.yaml:3:1
3 | name: q
  | ^
  next: nicfix explain NF1002`)
  })

  it('a variable that YAML takes for a map', () => {
    expect(tell(write('nics: { match: { name: ${nic} } }'))).toContain(
      'inside of { } and [ ], write it in quotes: "${name}"',
    )
  })

  it('a number where YAML eats part of a version', () => {
    expect(tell(write('').replace('driver: e1000e', 'version: 2.1'))).toContain(
      'expected  text or a list\n  found     2.1\n  write it in quotes: "2.1"',
    )
  })

  it('a number where a time is meant', () => {
    expect(tell(write('max-outage: 30'))).toContain(
      'expected  a time such as 180s or 3m\n  found     30',
    )
  })

  it('all of it at once, in the order of the file', () => {
    const text = write(
      'max-outage: soon\nguard: { confirm: 10s }\nvars: { a: { default: "${b}" } }',
      ['{ id: live, use: nic.pase, with: {} }', '7'],
    )
    const found = load(text, { c: '' })
    expect(
      'problems' in found && found.problems.map(each => [each.code, each.place?.line]),
    ).toEqual([
      ['NF1003', 4],
      ['NF1003', 5],
      ['NF1007', 5],
      ['NF1011', 6],
      ['NF1003', 8],
      ['NF1003', 9],
      ['NF1011', undefined],
    ])
  })

  it('is told once: a misspelt key is not a missing one too', () => {
    const step = `{ id: b, use: driver.build, with: { source: s, sah256: ${digest}, module: m, version: v } }`
    expect(codes(write('', [step]))).toEqual(['NF1007'])
  })

  it.each([
    ['an empty file', '', ['NF1003']],
    ['a list', '- 1\n', ['NF1003']],
    ['two documents', `${write('')}---\na: 1\n`, ['NF1002']],
    ['an alias', write('description: &a x\nmax-outage: *a'), ['NF1002']],
    ['a merge key', write('guard: { <<: {} }'), ['NF1003', 'NF1007']],
    ['a key that all values have', write('vars: { __proto__: { default: x } }'), ['NF1002']],
    ['a variable of such a name', write('vars: { constructor: { default: x } }'), []],
    ['a tag', write('description: !!js/function x'), ['NF1002']],
    ['a tab as indentation', write('guard:\n\tconfirm-within: 1s'), ['NF1002']],
    ['a bad name of a variable', write('vars: { Version: {} }'), ['NF1003']],
    [
      'a required variable with a default',
      write('vars: { a: { required: true, default: x } }'),
      ['NF1003'],
    ],
    [
      'a pattern that would be tried for ever',
      write(`vars: { a: { default: ${'a'.repeat(40)}!, pattern: '^(a+)+$' } }`),
      ['NF1003'],
    ],
    ['a pattern that is none', write("vars: { a: { default: x, pattern: '(' } }"), ['NF1003']],
    ['a variable without its brace', write('description: ${a'), ['NF1003']],
    [
      'a variable that is used and has no value',
      write('vars: { a: {} }\ndescription: ${a}'),
      ['NF1010'],
    ],
    [
      'a range that is none',
      write('').replace('driver: e1000e', 'version: [in-tree, newer]'),
      ['NF1003'],
    ],
  ])('has its code: %s', (_name, text, expected) => {
    expect(codes(text)).toEqual(expected)
  })

  it.each([
    ['to itself', { a: '${a}' }, 'a → a'],
    ['by way of others', { a: 'x${b}', b: '${c}', c: '${a}' }, 'a → b → c → a'],
    ['behind one that is in no circle', { z: '${a}', a: '${b}', b: '${a}' }, 'a → b → a'],
  ])('is a variable that refers %s, told once', (_name, vars, circle) => {
    const lines = Object.entries(vars).map(
      ([name, preset]) => `  ${name}: { default: '${preset}' }`,
    )
    const text = write(`vars:\n${lines.join('\n')}`)
    expect(codes(text)).toEqual(['NF1010'])
    expect(tell(text)).toContain(circle)
  })

  it('is a digest that is not 64 hex digits, wherever it comes from', () => {
    const text = write('vars: { sum: { required: true } }', [build.replace(digest, '"${sum}"')])
    expect(tell(text, { sum: digest.slice(1) })).toBe(`\
error[NF1003]: a sha256 is 64 hex digits   (exit 65)
  --> p.yaml:6:71
6 |   - { id: build, use: driver.build, with: { source: s.tar.gz, sha256: "\${sum}", module: i40e, version: '1' } }
  |                                                                       ^^^^^^^^
  found     "${digest.slice(1)}"  (63 characters)
  next: nicfix explain NF1003`)
  })
})

describe('for any text', () => {
  const words = 'nicfix steps vars with use nic.pause default ${a} &a *a !!str 1 off'.split(' ')
  const signs = [
    '\n',
    '  ',
    '\t',
    '\r\n',
    '\uFEFF',
    '\0',
    ': ',
    '- ',
    ', ',
    ...Array.from('{}[]"\'#|?'),
  ]
  const part = fc.constantFrom(...words, ...signs)

  it('there is a playbook or a problem with a place inside the text, never an exception', () => {
    fc.assert(
      fc.property(fc.array(part, { maxLength: 40 }), parts => {
        const text = parts.join('')
        const result = load(text)
        const problems = 'problems' in result ? result.problems : []
        expect(problems.length > 0 || 'loaded' in result).toBe(true)
        const lines = text.split('\n').length
        expect(problems.every(each => !each.place || each.place.line <= lines)).toBe(true)
        expect(problems.every(each => each.exitCode === 65)).toBe(true)
      }),
      { numRuns: 3000 },
    )
  })

  it('a whole playbook with one character changed never loads without being looked at', () => {
    const text = write(
      'guard: { confirm-within: 180s }\nvars: { a: { default: x } }\ndescription: "${a}"',
    )
    fc.assert(
      fc.property(
        fc.nat(text.length - 1),
        fc.string({ minLength: 1, maxLength: 1 }),
        (at, char) => {
          const result = load(text.slice(0, at) + char + text.slice(at + 1))
          expect('problems' in result ? result.problems.length : 1).toBeGreaterThan(0)
        },
      ),
      { numRuns: 1000 },
    )
  })
})

describe('a file that somebody has made to be slow', () => {
  it.each(['- ', '? ', '[', '{a: ', '- - ? '])(
    '%s within itself many times is told as too deep',
    open => {
      expect(tell(open.repeat(30_000))).toContain('error[NF1002]')
      expect(tell(`description: ${open.repeat(150)}`)).toContain('error[NF1002]')
    },
  )

  it('has as many keys as there is room for, and each that is there twice is found', () => {
    const keys = Array.from({ length: 60_000 }, (_, at) => `k${at}:\n`).join('')
    const from = performance.now()
    expect(tell(`${keys}k7:\n`)).toContain('map keys must be unique')
    expect(performance.now() - from).toBeLessThan(10_000)
  })

  it('has an error at each of its words', () => {
    const from = performance.now()
    expect(tell(`{${'"a" "b" '.repeat(30_000)}`)).toContain('error[NF1002]')
    expect(performance.now() - from).toBeLessThan(10_000)
    expect(Error.stackTraceLimit).toBeGreaterThan(0)
  })

  it('has a key of a megabyte, which is no slip of the fingers', () => {
    expect(codes(write(`? ${'k'.repeat(1_000_000)}\n: 1`))).toEqual(['NF1007'])
  })

  it('has times and sizes that no plan could hold', () => {
    expect(codes(write('max-outage: 99999999999999999s'))).toEqual(['NF1003'])
    expect(codes(write('requires: { free: { path: /, size: 9999999999GiB } }'))).toEqual(['NF1003'])
  })
})
