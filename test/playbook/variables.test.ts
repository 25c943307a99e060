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

  it('leave patterns alone', () => {
    expect(codes(write("vars: { a: { default: 'x', pattern: '^x${0}' } }"))).not.toContain('NF1011')
  })
})
