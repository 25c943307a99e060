import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { signatures } from '../../src/diagnose/signatures/index.ts'
import { renderDiagnosisMarkdown } from '../../src/diagnose/render-markdown.ts'
import { renderDiagnosis } from '../../src/diagnose/render-text.ts'
import { diagnoseLog, findingsOf, idsOf, playbooksOf, port, readings } from './make.ts'

const read = (name: string) =>
  readFileSync(new URL(`../fixtures/reports/${name}`, import.meta.url), 'utf8')

// Field reports: what people pasted of their logs and commands.
const flaps = diagnoseLog(read('link-flaps.txt'))
const timeout = diagnoseLog(read('i40e-timeout.txt'), { host: 'h1' })

describe('a report of a link that goes down on a host with bad memory', () => {
  it('is told as both, the host first', () => {
    expect(flaps.findings).toMatchObject([{ signature: 'bad-page-state', action: 'stop' }])
    expect(flaps.ports).toMatchObject([
      {
        name: 'eno1',
        pci: '0000:00:1f.6',
        verdict: 'advise',
        findings: [{ signature: 'link-flaps', seen: '3 times in 21 s' }],
      },
    ])
    expect(flaps.exitCode).toBe(2)
  })

  it('does not take the IOMMU fault of another device for one of the port', () => {
    expect(idsOf(flaps)).toEqual(['bad-page-state', 'link-flaps'])
    expect(flaps.ignored).toEqual([
      {
        why: 'about 0000:02:00.0, which is no port that is known here',
        count: 1,
        first: expect.stringContaining('Request device [02:00.0]'),
        at: '17931.394058',
      },
    ])
  })

  it('advises cable and switch before flow control, and says that nobody has seen a pause frame', () => {
    const [finding] = findingsOf(flaps).filter(({ signature }) => signature === 'link-flaps')
    const advice = finding?.advice.map(each => each.split(' ').slice(0, 3).join(' '))
    expect(advice).toEqual([
      'The log of',
      'Another cable, then',
      'Energy-efficient Ethernet: `ethtool',
      'Flow control only',
    ])
    expect(playbooksOf(flaps)).toEqual([])
    const [{ why } = { why: '' }] = flaps.ports[0]?.open ?? []
    expect(why).toMatch(/^both ends have agreed on it \(Flow Control: Rx\/Tx\), which is ordinary/)
  })

  it('names the playbook for flow control once pause frames are seen and the memory is sound', () => {
    const sound = read('link-flaps.txt')
      .split('\n')
      .filter(line => !line.includes('Bad page'))
      .join('\n')
    const parts = { ...port(), ...readings({ rx_flow_control_xoff: 412, rx_crc_errors: 0 }) }
    expect(playbooksOf(diagnoseLog(sound, { parts }))).toEqual(['e1000e-flow-control-off'])
    const ill = diagnoseLog(read('link-flaps.txt'), { parts })
    expect(playbooksOf(ill)).toEqual([])
    expect(findingsOf(ill).find(({ playbook }) => playbook)?.playbook?.withheld).toMatch(
      /^not before the host is sound/,
    )
    const damaged = { ...parts, ...readings({ rx_flow_control_xoff: 412, rx_crc_errors: 7 }) }
    expect(playbooksOf(diagnoseLog(sound, { parts: damaged }))).toEqual([])
  })
})

describe('a report of a timeout of i40e', () => {
  it('leads to a newer kernel, or to the newer driver with its variables filled in', () => {
    expect(timeout.ports[0]).toMatchObject({
      name: 'eno3',
      pci: '0000:1a:00.2',
      version: '1.6.27-k',
      verdict: 'playbook',
    })
    const finding = timeout.ports[0]?.findings[0]
    expect(finding?.advice[0]).toMatch(/^The kernel of the distribution first/)
    expect(finding?.playbook?.command).toBe(
      'nicfix plan playbooks/i40e-upgrade.yaml --host h1 -e version=2.13.10 -e sha256=SHA256',
    )
    expect(timeout.kernel).toBe('3.10.0-693.el7.x86_64')
  })

  it('dismisses data center bridging and flow control for that port, and says why', () => {
    expect(timeout.ports[0]?.ruledOut).toEqual([
      {
        lead: 'flow control (ethtool -A)',
        why: 'this port does not offer it: Advertised pause frame use: No',
      },
      {
        lead: 'data center bridging (DCB, LLDP)',
        why: expect.stringMatching(/^1 GbE ports of X722 have no DCB; CONFIG_DCB=y/),
      },
    ])
  })

  it('does not take a queue that sends and receives nothing for a proof', () => {
    const moved = { 'tx-44.tx_packets': 18, 'rx-44.rx_packets': 0 }
    const parts = {
      ...port({ name: 'eno3', pci: '0000:1a:00.2', driver: 'i40e', version: '1.6.27-k' }),
      ...readings(moved, { name: 'eno3' }),
    }
    const [found] = diagnoseLog(read('i40e-timeout.txt'), { parts }).ports
    expect(found?.ruledOut).toContainEqual({
      lead: 'queue 44 receives nothing',
      why: expect.stringMatching(/^no proof of a fault: it sends \(\+18 in 60 s\).*\(RSS\)$/),
    })
  })
})

const lost = (moved: Record<string, number>, more = {}) =>
  diagnoseLog('', { parts: { ...port({ more }), ...readings(moved) }, host: 'h1' })
const ring = (now: number) => ({
  ring: `Ring parameters for eno1:\nPre-set maximums:\nRX:\t\t4096\nTX:\t\t4096\nCurrent hardware settings:\nRX:\t\t${now}\nTX:\t\t256\n`,
})

describe('a report of lost frames', () => {
  it('reads a full ring from the frames that were missed, never from fifo or overruns', () => {
    expect(idsOf(lost({ rx_missed_errors: 900 }))).toEqual(['ring-full'])
    expect(idsOf(lost({ rx_fifo_errors: 900, rx_over_errors: 900 }))).toEqual([])
  })

  it('names the playbook for the ring only where the ring can grow', () => {
    expect(playbooksOf(lost({ rx_missed_errors: 900 }, ring(256)))).toEqual(['ring-max'])
    expect(lost({ rx_missed_errors: 900 }, ring(256)).next[0]).toBe(
      'nicfix plan playbooks/ring-max.yaml --host h1 -e nic=eno1',
    )
    expect(playbooksOf(lost({ rx_missed_errors: 900 }, ring(4096)))).toEqual([])
    expect(playbooksOf(lost({ rx_missed_errors: 900 }))).toEqual([])
  })

  it('takes CRC errors and half duplex for the wire, before everything else', () => {
    const both = lost({ rx_missed_errors: 900, rx_crc_errors: 7 }, ring(256))
    expect(findingsOf(both).map(({ signature }) => signature)).toEqual(['crc-errors', 'ring-full'])
    expect(playbooksOf(both)).toEqual([])
    expect(idsOf(diagnoseLog('', { parts: port({ duplex: 'half' }) }))).toEqual(['half-duplex'])
  })

  it('counts what moved, and no total', () => {
    expect(lost({ rx_missed_errors: 0 }).exitCode).toBe(0)
    expect(
      diagnoseLog('', {
        parts: { ...port(), 'reading/1': 'uptime 10.0\nnic eno1\nrx_missed_errors: 4711\n' },
      }).exitCode,
    ).toBe(0)
  })

  it('tells what each counter means', () => {
    const [found] = lost({
      rx_missed_errors: 900,
      rx_crc_errors: 1,
      rx_fifo_errors: 2,
      rx_dropped: 3,
    }).ports
    const meanings = Object.fromEntries(
      found?.rates.map(({ counter, meaning }) => [counter, meaning]) ?? [],
    )
    expect(meanings).toMatchObject({
      rx_missed_errors: expect.stringContaining('the ring is full'),
      rx_crc_errors: expect.stringContaining('damaged'),
      rx_fifo_errors: expect.stringContaining('0 proves nothing'),
      rx_dropped: expect.stringContaining('after the port received them well'),
    })
  })
})

const busy = diagnoseLog(
  read('link-flaps.txt')
    .split('\n')
    .filter(line => !line.includes('Bad page'))
    .join('\n'),
  {
    host: 'h1',
    parts: {
      ...port(),
      ...readings({ rx_flow_control_xoff: 412, rx_crc_errors: 0, rx_missed_errors: 0 }),
    },
  },
)
/** A burst of frames in the middle of a minute. */
const bursts = [0, 900, 1100, 41_000, 52_000, 900, 800, 1000]
const burst = diagnoseLog('', {
  host: 'h1',
  parts: {
    ...port({
      more: {
        ring: 'Ring parameters for eno1:\nPre-set maximums:\nRX:\t\t4096\nTX:\t\t4096\nCurrent hardware settings:\nRX:\t\t256\nTX:\t\t256\n',
      },
    }),
    ...Object.fromEntries(
      bursts.map((_, at) => {
        const frames = bursts.slice(0, at + 1).reduce((sum, each) => sum + each, 0)
        const counters = [
          `rx_packets: ${frames}`,
          `rx_missed_errors: ${Math.max(0, frames - 8000)}`,
        ]
        return [
          `reading/${at + 1}`,
          [`uptime ${100 + at * 8}.0`, 'nic eno1', ...counters].join('\n'),
        ]
      }),
    ),
  },
})

describe('what people read', () => {
  it('shows a burst as one', () => {
    expect(renderDiagnosis(burst)).toMatch(/^ {4}rx_packets +\+97700 +1\.7k\/s {2}▁▁▇█▁▁▁$/m)
    expect(playbooksOf(burst)).toEqual(['ring-max'])
  })

  it.each([
    ['link-flaps', flaps],
    ['i40e-timeout', timeout],
    ['pause', busy],
    ['burst', burst],
  ])('is kept as it was reviewed: %s', async (name, diagnosis) => {
    const text = renderDiagnosis(diagnosis)
    await expect(text).toMatchFileSnapshot(`${name}.golden.txt`)
    await expect(renderDiagnosisMarkdown(diagnosis)).toMatchFileSnapshot(`${name}.golden.md`)
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(100)
  })
})

const page = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

describe('the pages', () => {
  it('show what is really printed', () => {
    expect(page('docs/diagnose.md')).toContain(`\n${renderDiagnosis(timeout)}\`\`\`\n`)
    expect(page('docs/diagnose.md')).toContain(`\n${renderDiagnosis(busy)}\`\`\`\n`)
    const hang = diagnoseLog(read('hang.txt'), { host: 'h1', name: 'standard input' })
    expect(page('README.md')).toContain(`\n${renderDiagnosis(hang)}\`\`\`\n`)
  })

  it('have every trouble that is known, with its drivers and its playbooks', () => {
    const rows = page('docs/diagnose.md')
      .split('\n')
      .filter(line => line.startsWith('| '))
      .map(line =>
        line
          .slice(1, -1)
          .split('|')
          .map(cell => cell.trim().replaceAll('`', '')),
      )
    for (const { title, drivers = [], offers = [], weight } of signatures) {
      const [names, other] = [
        offers.map(({ playbook }) => playbook),
        weight === 'finding' ? 'advice' : weight,
      ]
      expect(rows).toContainEqual([
        title,
        drivers.join(', '),
        names.length > 0 ? names.join(', ') : other,
      ])
    }
  })
})
