import { describe, expect, test } from 'vitest'
import { guestExec, setLink } from '../../src/lab/lab.ts'
import { diagnosisSchema } from '../../src/model/diagnosis.ts'
import { pause } from '../host/sim/ran.ts'
import { ready, setBench, wordsOf } from './lab.ts'
import { see } from './state.ts'

/** Loads the i40e stand-in anew, misbehaving so, and waits until the port is up. */
const misbehave = (how: string) =>
  `modprobe -r i40e; modprobe i40e misbehave=${how}; udevadm settle; ifup --force eno3
   until [ "$(cat /sys/class/net/eno3/carrier)" = 1 ]; do sleep 0.2; done`

/** Many answers at once, for that long: each is a frame that arrives. */
const flood = (seconds: number) => `ping -q -f -l 1500 -w ${seconds} 10.0.3.2 >/dev/null; :`

describe.runIf(ready.ok)('nicfix diagnose, on a live host', () => {
  const bench = setBench()
  const inGuest = (sh: string) => guestExec(bench.host, sh, 120_000)

  async function diagnose(code = 2) {
    const ended = await bench.nicfix('diagnose', '--host', bench.host, '--json')
    expect(wordsOf(ended)).toMatch(new RegExp(`^exit ${code}\n`))
    const { ports, next } = diagnosisSchema.parse(JSON.parse(ended.out))
    const findings = ports.flatMap(({ name, findings: own }) =>
      own.map(({ signature, action }) => `${name}: ${signature}, ${action}`),
    )
    return { findings, next }
  }

  test('finds a transmit queue that hangs, and offers the driver', async () => {
    await inGuest(`${misbehave('txhang')}; ping -q -c 20 -w 30 10.0.3.2; :`)
    const { findings, next } = await diagnose()
    expect(findings).toContain('eno3: i40e-timeout, playbook')
    expect(findings).toContain('eno3: queue-stall, advise')
    expect(findings.filter(each => !each.startsWith('eno3: '))).toEqual([])
    expect(next).toEqual([
      `nicfix plan playbooks/i40e-upgrade.yaml --host ${bench.host} -e version=2.13.10 -e sha256=SHA256`,
    ])
  })

  test('finds a link that goes and comes back', async () => {
    for (let times = 0; times < 4; times++) {
      await setLink(bench.host, 'eno1', false)
      await pause(3000)
      await setLink(bench.host, 'eno1', true)
      await pause(4000)
    }
    expect(await diagnose()).toEqual({ findings: ['eno1: link-flaps, advise'], next: [] })
  })

  test('finds a receive ring that overflows, and the playbook that it names mends it', async () => {
    const { host } = bench
    await inGuest(misbehave('slowrx'))
    const overflowing = inGuest(flood(30))
    const found = await diagnose()
    await overflowing
    const words = `playbooks/ring-max.yaml --host ${host} -e nic=eno3`
    expect(found).toEqual({
      findings: ['eno3: ring-full, playbook'],
      next: [`nicfix plan ${words}`],
    })
    const mended = await bench.nicfix('apply', ...words.split(' '), '--yes')
    expect(wordsOf(mended)).toMatch(/^exit 0\n/)
    const missed = 'cat /sys/class/net/eno3/statistics/rx_missed_errors'
    const before = await see(host, missed)
    await inGuest(flood(10))
    expect(await see(host, missed)).toBe(before)
  })

  test('finds a port that runs at half duplex', async () => {
    await inGuest(`ethtool -s eno1 speed 100 duplex half autoneg off
      until [ "$(cat /sys/class/net/eno1/duplex 2>/dev/null)" = half ]; do sleep 0.2; done`)
    expect(await diagnose()).toEqual({ findings: ['eno1: half-duplex, advise'], next: [] })
  })
})
