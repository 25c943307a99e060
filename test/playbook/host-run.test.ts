import { describe, expect, it } from 'vitest'
import { planHost } from '../../src/plan/plan-host.ts'
import { readFacts } from '../plan/make.ts'
import { loaded, tell, write } from './write.ts'

const parts = {
  reason: 'the host wants one',
  check: '[grep, -q, x, /etc/motto]',
  run: "[sh, -c, 'echo x >/etc/motto']",
  verify: '[test, -s, /etc/motto]',
  undo: '[rm, -f, /etc/motto]',
}
type Parts = Partial<Record<keyof typeof parts | 'outage' | 'timeout', string>>

const stepOf = (with_: Parts) =>
  `{ id: motto, use: host.run, with: { ${Object.entries(with_)
    .map(([key, value]) => `${key}: ${value}`)
    .join(', ')} } }`
const playbook = (with_: Parts, more = '') => write(more, [stepOf(with_)])

const planOf = (with_: Parts, more = '') => {
  const planned = planHost(loaded(playbook(with_, more)), 'h1', readFacts(), {})
  return 'plan' in planned ? planned.plan : planned.problems.map(({ code }) => code)
}

describe('a command that a playbook brings along', () => {
  it.each(['check', 'run', 'verify', 'undo', 'reason'] as const)('must say its %s', key => {
    const { [key]: _, ...rest } = parts
    expect(tell(playbook(rest))).toContain(`missing key "${key}" in steps[0].with`)
  })

  it.each([
    ['a text, which a shell would have to take apart', "'echo x'", 'expected  a list'],
    ['no word', '[]', 'expected  a list that is not empty'],
    ['an option for its name', '[-rf, /]', 'the first of them the name of a command'],
    ['a name that no command has', "['a b']", 'the first of them the name of a command'],
    ['a word of two lines', '[sh, "a\\nb"]', 'expected  text of one line'],
  ])('is a list of words: not %s', (_, run, says) => {
    expect(tell(playbook({ ...parts, run }))).toContain(says)
  })

  it('keeps each word one word, whatever a variable brings', () => {
    const text = playbook({ ...parts, run: "[echo, '${it}', b]" }, 'vars: { it: {} }')
    const run = loaded(text, { it: 'a; reboot $(x) "' })
    const planned = planHost(run, 'h1', readFacts(), {})
    if ('problems' in planned) throw new Error(JSON.stringify(planned.problems))
    const [change] = planned.plan.changes
    expect(change).toMatchObject({ argv: { run: ['echo', 'a; reboot $(x) "', 'b'] } })
    expect(change?.commands).toEqual([`grep -q x /etc/motto || echo 'a; reboot $(x) "' b`])
  })

  it('counts as an outage of the selected ports where it says so, and not otherwise', () => {
    expect(planOf(parts)).toMatchObject({ outageSeconds: 0, cutsSsh: false })
    expect(planOf({ ...parts, outage: '20s' })).toMatchObject({ outageSeconds: 20, cutsSsh: true })
    expect(planOf({ ...parts, outage: '20s' }, 'max-outage: 10s')).toEqual(['NF2021'])
  })
})
