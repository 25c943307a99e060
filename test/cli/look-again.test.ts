import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { lookAgain } from '../../src/cli/recall.ts'
import type { Candidates } from '../../src/cli/recall.ts'
import { makePlan } from '../../src/plan/make-plan.ts'
import { problem, Trouble } from '../../src/problems.ts'
import type { Host } from '../../src/remote/host.ts'
import { plan, readFacts, readPlaybook } from '../plan/make.ts'

const text = readFileSync(new URL('../fixtures/facts/h1.txt', import.meta.url), 'utf8')
const upgrade = 'i40e-upgrade'
const pause = 'e1000e-flow-control-off'

/** A host that answers the probe with that text, and keeps what else it is asked. */
function fakeHost(name: string, answer: string | null) {
  const asked: string[] = []
  let open = 0
  const host: Host = {
    name,
    vars: {},
    lab: false,
    connect: () => {
      if (answer === null)
        return Promise.reject(new Trouble(problem('NF6003', 'no answer', 'look at it')))
      open += 1
      return Promise.resolve({
        hostKey: 'SHA256:a',
        via: 'ssh',
        run: (command: string) => {
          asked.push(command)
          return Promise.resolve({ kind: 'exited', code: 0, stdout: answer, stderr: '' } as const)
        },
        close: () => {
          open -= 1
          return Promise.resolve()
        },
      })
    },
  }
  return { host, asked, open: () => open }
}

function candidatesOf(name: string, hosts: readonly { readonly host: Host }[]): Candidates {
  const plans = hosts.map(({ host }) => ({ ...plan(name, readFacts()), host: host.name }))
  return {
    plan: makePlan('0.1.0', readPlaybook(name), plans, 'once'),
    hosts: hosts.map(({ host }, at) => ({ host, plan: plans[at]!, payloads: new Map() })),
    problems: [],
  }
}

const atOnce = { concurrency: 20 }
const facts = readFacts()
const i40e = facts.modules['i40e']?.buildId ?? ''

describe('the hosts of a kept plan', () => {
  it('are looked at once more, and the run goes on with what was found', async () => {
    const hosts = [fakeHost('h1', text), fakeHost('h2', text)]
    const found = await lookAgain(candidatesOf(upgrade, hosts), atOnce)
    expect(found.hosts.map(each => each.facts?.kernel)).toEqual([facts.kernel, facts.kernel])
    expect(hosts.map(each => each.open())).toEqual([1, 1])
  })

  // Each line of the fingerprint, changed on the second of two hosts.
  it.each([
    ['it is another machine', upgrade, facts.machineId, 'f'.repeat(32), /another machine/],
    [
      'it has another host key',
      upgrade,
      '@fact ssh\n',
      '@fact ssh\n|key AAAAC3Nz\n',
      /host keys: /,
    ],
    ['it was booted', upgrade, facts.bootId, 'another', /started anew/],
    ['it has another kernel', upgrade, `kernel ${facts.kernel}`, 'kernel 6.1.0-51', /kernel: 6/],
    ['another driver is loaded', upgrade, i40e, 'e'.repeat(40), /loaded i40e: /],
    ['a port has another driver', pause, '|driver e1000e', '|driver igb', /NIC: /],
    ['a setting was changed', pause, 'pause RX:		on', 'pause RX:		off', /NIC: eno1/],
    ['a file was edited', pause, 'sha256 c88605ce', 'sha256 d88605ce', /interfaces: c88/],
    ['a file has come up', upgrade, '|path /etc/rc.local\n|kind absent', '', /rc\.local: absent/],
  ])('are left alone, all of them, where of one %s', async (_, name, was, is, told) => {
    expect(text).toContain(was)
    const instead =
      is ||
      `|path /etc/rc.local\n|kind file\n|real /etc/rc.local\n|mode 755\n|owner 0:0\n|sha256 ${'a'.repeat(64)}\n|base64 `
    const hosts = [
      fakeHost('h1', text),
      fakeHost(
        'h2',
        text.replaceAll(was, () => instead),
      ),
    ]
    const error: unknown = await lookAgain(candidatesOf(name, hosts), atOnce).catch(
      (each: unknown) => each,
    )
    const problems = error instanceof Trouble ? error.problems : []
    expect(problems).toMatchObject([{ code: 'NF3001', exitCode: 8, host: 'h2' }])
    expect(problems[0]?.details.join('\n')).toMatch(told)
    // Nothing but the probe has reached any of them, and nobody is connected any more.
    expect(hosts.flatMap(each => each.asked)).toEqual(['sh -s', 'sh -s'])
    expect(hosts.map(each => each.open())).toEqual([0, 0])
  })

  it('are left alone, all of them, where one was changed by that very plan already', async () => {
    const { digest } = candidatesOf(upgrade, [fakeHost('h1', text), fakeHost('h2', text)]).plan
    const after = (nonce: string) =>
      text.replace('@fact state\n', `$&|applied ${digest} ${nonce}\n`)
    const hosts = [fakeHost('h1', text), fakeHost('h2', after('once'))]
    const asked = lookAgain(candidatesOf(upgrade, hosts), atOnce)
    await expect(asked).rejects.toThrow(/^NF3005: the plan was applied to h2 already/)
    expect(hosts.flatMap(each => each.asked)).toEqual(['sh -s', 'sh -s'])
    // The same changes, planned and approved anew, are another plan.
    const again = [fakeHost('h1', text), fakeHost('h2', after('earlier'))]
    expect((await lookAgain(candidatesOf(upgrade, again), atOnce)).hosts).toHaveLength(2)
  })

  it('are left alone, all of them, where one does not answer', async () => {
    const hosts = [fakeHost('h1', text), fakeHost('h2', null)]
    const asked = lookAgain(candidatesOf(upgrade, hosts), atOnce)
    await expect(asked).rejects.toThrow(/^NF6003: no answer$/)
    expect(hosts.flatMap(each => each.asked)).toEqual(['sh -s'])
    expect(hosts.map(each => each.open())).toEqual([0, 0])
  })
})
