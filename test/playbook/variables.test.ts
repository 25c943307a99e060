import { describe, expect, it } from 'vitest'
import { codes, loaded, write } from './write.ts'

describe('variables', () => {
  const text = write(
    'vars: { a: { default: low }, b: { default: "${a}-${a}" } }\ndescription: ${b}',
  )

  it('have the value of the command line, else of the host, else their own', () => {
    expect(loaded(text).vars).toEqual({ a: 'low', b: 'low-low' })
    expect(loaded(text, {}, { a: 'host', other: 'x' }).vars).toEqual({ a: 'host', b: 'host-host' })
    expect(loaded(text, { a: 'typed' }, { a: 'host' }).vars).toEqual({
      a: 'typed',
      b: 'typed-typed',
    })
  })

  it('are replaced everywhere, the defaults included', () => {
    const { playbook } = loaded(text, { a: 'x' })
    expect(playbook.description).toBe('x-x')
    expect(playbook.vars['b']?.default).toBe('x-x')
  })

  it('take a value from outside as it is', () => {
    expect(loaded(text, { a: '${b}' }).vars).toEqual({ a: '${b}', b: '${b}-${b}' })
  })

  it('may be declared in any order', () => {
    expect(loaded(write("vars: { b: { default: '${a}' }, a: { default: 'x' } }")).vars).toEqual({
      a: 'x',
      b: 'x',
    })
  })

  it('keep a number as it is written', () => {
    expect(loaded(write('vars: { version: { default: 2.10 } }')).vars).toEqual({ version: '2.10' })
  })

  it('may stand for a value of any key', () => {
    const { playbook } = loaded(
      write(
        'vars: { mode: { default: "off" }, time: { default: 2m } }\nguard: { confirm-within: "${time}" }',
        ['{ id: live, use: nic.pause, with: { rx: "${mode}", tx: "${mode}" } }'],
      ),
    )
    expect(playbook.guard['confirm-within']).toBe(120)
    expect(playbook.steps[0]?.with).toEqual({ rx: false, tx: false })
  })

  it.each([
    ['integer', ['10', '-3', '0'], ['1.5', 'ten', '', '1;reboot']],
    ['version', ['2.13.10', '3.8.7-lab', '6'], ['v2', '2.', '2.1;x', 'in-tree']],
    ['sha256', ['a'.repeat(64), 'A'.repeat(64)], ['a'.repeat(63), 'g'.repeat(64)]],
    ['on-off', ['on', 'off'], ['yes', 'ON', 'true']],
    ['address', ['10.0.0.1', 'fe80::1'], ['10.0.0', 'host', '10.0.0.1/24']],
    ['text', ['', 'anything; at all'], []],
  ])('of type %s take what is one', (type, right, wrong) => {
    const one = write(`vars: { a: { type: ${type} } }`)
    for (const value of right) expect(codes(one, { a: value })).toEqual([])
    for (const value of wrong) expect(codes(one, { a: value })).toEqual(['NF1003'])
  })

  it('with choices take one of them, their own default too', () => {
    const one = write('vars: { a: { choices: [fast, slow] } }')
    expect(codes(one, { a: 'fast' })).toEqual([])
    expect(codes(one, { a: 'fats' })).toEqual(['NF1003'])
    expect(codes(write('vars: { a: { default: x, choices: [fast, slow] } }'))).toEqual(['NF1003'])
  })

  it('are not let off their form by a reference in what comes from outside', () => {
    const one = write("vars: { b: {}, a: { pattern: '^x$', type: integer } }")
    expect(codes(one, { a: '${b}' })).toEqual(['NF1003'])
  })

  it('that are made of one without a value are told once', () => {
    const one = write('vars: { a: {}, b: { default: "${a}.1", type: version } }')
    expect(codes(one)).toEqual(['NF1010'])
  })

  it('leave patterns alone', () => {
    expect(codes(write("vars: { a: { default: 'x', pattern: '^x${0}' } }"))).not.toContain('NF1011')
  })
})
