import { beforeAll, describe, expect, test } from 'vitest'
import { quickValuesOf, ready, runOf, setBench, until, wordsOf } from './lab.ts'
import { readNetwork, readOpen, readState, readTokens, see } from './state.ts'

const playbook = 'playbooks/i40e-upgrade.yaml'

describe.runIf(ready.ok)('a driver that is no good', () => {
  const bench = setBench()
  const nicfix = (command: string, ...more: string[]) =>
    bench.nicfix(command, ...more, '--host', bench.host)
  let bad: string[] = []
  beforeAll(async () => {
    bad = await quickValuesOf('i40e-2.13.10-nocarrier')
  })

  /** eno3 as a port of a bridge that no file knows of. */
  async function makeBridge(): Promise<string> {
    await see(
      bench.host,
      `ip link add br9 type bridge && ip link set br9 up &&
      ip addr flush dev eno3 && ip link set eno3 master br9 &&
      ip addr add 10.0.3.15/24 dev br9 && ip route add 192.0.2.0/24 via 10.0.3.2 dev br9`,
    )
    const network = () => readNetwork(bench.host)
    const isUp = async () => /^br9 .* carrier 1 /m.test(await network())
    await until('the bridge has its carrier', isUp, 60)
    expect(await network()).toMatch(/^eno3 .* master br9$/m)
    return readState(bench.host)
  }

  test('brings no carrier: the host takes it back, and the bridge has its port again', async () => {
    const before = await makeBridge()
    const ended = await nicfix('apply', playbook, ...bad)
    expect(wordsOf(ended)).toMatch(/^exit 3\n/)
    expect(ended.err).toContain('error[NF4100]')
    expect(ended.err).toMatch(/eno3 has no carrier after \d+ s, had one/)
    expect(ended.out).toContain('rolled back; everything is as it was')
    expect(await readState(bench.host)).toBe(before)
    expect(await readTokens(bench.host)).toBe(`${runOf(ended)} rolled-back`)
    expect(await readOpen(bench.host)).toBe('')
  })

  test('is taken back by the host alone when the controller is killed in the middle of the swap', async () => {
    const before = await makeBridge()
    const pid = bench.launch('apply', playbook, '--host', bench.host, ...bad)
    const swap = 'grep -l swap-driver /var/lib/nicfix/tx/*/c/*/kind'
    const begun = `kind=$(${swap}) && c=\${kind%/kind} && grep "^[0-9]* \${c##*/} begin" "\${c%/c/*}/log"`
    await until('the swap begins', async () => (await see(bench.host, begun)) !== '', 600)
    // The whole group: whatever it has started dies with it.
    process.kill(-pid, 'SIGKILL')
    expect(await readTokens(bench.host)).toMatch(/^\S+ (pending|rollback)$/)

    await until(
      'the host rolls back',
      async () => (await readTokens(bench.host)).endsWith(' rolled-back'),
      400,
    )
    await until('the host is free', async () => (await readOpen(bench.host)) === '', 60)
    expect(await readState(bench.host)).toBe(before)
    const status = await nicfix('status')
    expect(wordsOf(status)).toMatch(/^exit 0\n/)
    expect(status.out).toContain('rolled back; everything is as it was')
    const plan = await nicfix('plan', playbook)
    expect(wordsOf(plan)).toMatch(/^exit 0\n/)
    expect(plan.out).not.toMatch(/has not ended/)
    expect(await readState(bench.host)).toBe(before)
  })
})
