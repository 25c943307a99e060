import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { guestExec, powerCut } from '../../src/lab/lab.ts'
import { eventSchema } from '../../src/model/event.ts'
import { quickValuesOf, ready, runOf, setBench, until, wordsOf } from './lab.ts'
import {
  readFiles,
  readNetwork,
  readOpen,
  readPause,
  readState,
  readVersion,
  see,
} from './state.ts'

const upgrade = 'playbooks/e1000e-upgrade.yaml'
const flowControl = 'playbooks/e1000e-flow-control-off.yaml'
const interfaces = '/etc/network/interfaces'

const readEvent = (line: string) => eventSchema.parse(JSON.parse(line))

const listSettings = `
  ethtool -k eno1 | grep -E '^(tcp-seg|generic-|tx-check)'
  ethtool -g eno1 | sed 1,6d | grep -E '^(RX|TX):'`

describe.runIf(ready.ok)('over the very port that is changed', () => {
  const bench = setBench()
  const ask = (sh: string) => see(bench.host, sh)
  const apply = (playbook: string, ...more: string[]) =>
    bench.nicfix('apply', playbook, '--host', bench.host, ...more)

  test('e1000e-flow-control-off sets pause off, keeps it off, and can be taken back', async () => {
    const { host } = bench
    const before = await readState(host)
    const pause = await readPause(host, 'eno1')
    expect(pause).toMatch(/^on /)
    const stanzas = await ask(`cat ${interfaces}`)
    const offloads = await ask('ethtool -k eno1')

    // As it is reviewed: the plan is kept, approved by its digest, and applied from its file.
    const kept = join(bench.dir, 'plan.json')
    const planned = await bench.nicfix('plan', flowControl, '--host', host, '-o', kept, '--json')
    expect(wordsOf(planned)).toMatch(/^exit 0\n/)
    expect(await readState(host)).toBe(before)
    const { digest } = JSON.parse(planned.out) as { digest: string }
    const applied = await bench.nicfix('apply', '--plan', kept, '--approve', digest)
    expect(wordsOf(applied)).toMatch(/^exit 0\n/)
    expect(applied.out).toContain('changed, and proven')
    expect(await readPause(host, 'eno1')).toBe('off off off')
    const once = await bench.nicfix('apply', '--plan', kept, '--approve', digest)
    expect(once.code).toBe(8)
    expect(once.err).toContain('error[NF3005]')
    const written = await ask(`cat ${interfaces}`)
    const [managed = '', ...more] = written.split('\n').filter(line => line.includes('nicfix'))
    expect(more).toEqual([])
    expect(managed).toMatch(/^ +pre-up \S*ethtool -A eno1 autoneg off rx off tx off/)
    expect(stanzaOf(written, 'eno1')).toContain(managed)
    expect(
      written
        .split('\n')
        .filter(line => line !== managed)
        .join('\n'),
    ).toBe(stanzas)
    // The mistake of many reports: -K takes the checksum offload away and leaves pause as it is.
    expect(
      await ask(
        'grep -rlE "ethtool (-K|--offload|--features)" /etc/network /etc/rc.local 2>/dev/null; exit 0',
      ),
    ).toBe('')
    expect(await ask('ethtool -k eno1')).toBe(offloads)
    expect(await readOpen(host)).toBe('')

    await guestExec(
      host,
      'setsid sh -c "ifdown eno1; ethtool -A eno1 autoneg on rx on tx on; ifup eno1" >/dev/null 2>&1',
      120_000,
    )
    await until(
      'eno1 is back',
      async () => (await ask('cat /sys/class/net/eno1/carrier')) === '1',
      60,
    )
    expect(await readPause(host, 'eno1')).toBe('off off off')

    // Harder than a reboot, and quicker: the warm start of a QEMU that has run for long takes many minutes.
    await powerCut(host)
    await until(
      'eno1 has its carrier',
      async () => (await ask('cat /sys/class/net/eno1/carrier')) === '1',
      60,
    )
    expect(await readPause(host, 'eno1')).toBe('off off off')
    const files = await readFiles(host)
    const again = await apply(flowControl)
    expect(wordsOf(again)).toMatch(/^exit 0\n/)
    expect(again.out).toContain('unchanged')
    expect(await readFiles(host)).toBe(files)

    const back = await bench.nicfix('rollback', runOf(applied), '--host', host)
    expect(wordsOf(back)).toMatch(/^exit 0\n/)
    expect(back.out).not.toContain('warning:')
    expect(await readPause(host, 'eno1')).toBe(pause)
    expect(await ask(`cat ${interfaces}`)).toBe(stanzas)
    expect(await readState(host)).toBe(before)
  })

  test('offload-off and ring-max are kept together, and each is taken back alone', async () => {
    const { host } = bench
    const before = await readState(host)
    const was = await ask(listSettings)
    expect(was).toMatch(/tcp-segmentation-offload: on.*RX:\s+256/s)

    const offload = await apply('playbooks/offload-off.yaml')
    expect(wordsOf(offload)).toMatch(/^exit 0\n/)
    const ring = await apply('playbooks/ring-max.yaml', '-e', 'nic=eno1')
    expect(wordsOf(ring)).toMatch(/^exit 0\n/)
    const now = was
      .replaceAll(/(segmentation-offload|receive-offload): on/g, '$1: off')
      .replace(/RX:(\s+)256/, 'RX:$14096')
    expect(await ask(listSettings)).toBe(now)

    const early = await bench.nicfix('rollback', runOf(offload), '--host', host)
    expect(wordsOf(early)).toMatch(/^exit 7\n/)
    expect(early.err).toContain(`next: nicfix rollback ${runOf(ring)} --host ${host}`)
    expect(await ask(listSettings)).toBe(now)
    for (const applied of [ring, offload]) {
      const back = await bench.nicfix('rollback', runOf(applied), '--host', host, '--json')
      expect(wordsOf(back)).toMatch(/^exit 0\n/)
      const events = back.out.trimEnd().split('\n').map(readEvent)
      expect(events.map(({ seq }) => seq)).toEqual([...events.keys()])
      const hosts = [{ host, outcome: 'rolledBack', exitCode: 0 }]
      expect(events.at(-1)).toMatchObject({ type: 'run.done', data: { exitCode: 0, hosts } })
    }
    expect(await ask(listSettings)).toBe(was)
    expect(await readState(host)).toBe(before)
  })

  test('e1000e-upgrade comes back with its address and default route, proven by a new connection', async () => {
    const { host } = bench
    const network = await readNetwork(host)
    const [, old = ''] = /^eno1 .*\n +version (.*)$/m.exec(network) ?? []
    const bootSums = await ask('sha256sum /boot/init*')

    const applied = await apply(upgrade, ...(await quickValuesOf('e1000e-3.8.7-lab')))
    expect(wordsOf(applied)).toMatch(/^exit 0\n/)
    expect(applied.out).toContain('changed, and proven')
    expect(applied.err).toMatch(/✔ reconnecting/)
    expect(await readVersion(host, 'eno1')).toBe('3.8.7-lab')
    expect(network).toMatch(/^default via 10\.0\.2\.2 dev eno1/m)
    expect(await readNetwork(host)).toBe(network.replace(`version ${old}`, 'version 3.8.7-lab'))
    expect(await ask('sha256sum /boot/init*')).toBe(bootSums)
    expect(await readOpen(host)).toBe('')
  })
})

/** The lines from `iface NIC` to the next stanza. */
function stanzaOf(text: string, nic: string): string[] {
  const lines = text.split('\n')
  const start = lines.findIndex(line => line.startsWith(`iface ${nic} inet static`))
  const rest = lines.slice(start + 1)
  const end = rest.findIndex(line => /^(iface|auto|allow-|source)/.test(line))
  return start < 0 ? [] : rest.slice(0, end < 0 ? undefined : end)
}
