import { describe, expect, it } from 'vitest'
import { examples } from './examples/index.ts'
import { diagnoseLog, findingsOf, idsOf, playbooksOf, port } from './make.ts'

const stamp = (at: number) =>
  String(16_00_00 + at)
    .padStart(6, '0')
    .replaceAll(/(..)(?!$)/g, '$1:')

/** A message as each tool would show it. */
const formats: Readonly<Record<string, (line: string, at: number) => string>> = {
  dmesg: (line, at) => `[${(1000 + at).toFixed(6).padStart(12)}] ${line}`,
  'dmesg -T': (line, at) => `[Thu Nov  5 ${stamp(at)} 2020] ${line}`,
  'dmesg -x': (line, at) => `kern  :warn  : [${(1000 + at).toFixed(6).padStart(12)}] ${line}`,
  'dmesg -r, with callers': (line, at) =>
    `<4>[${(1000 + at).toFixed(6).padStart(12)}][  T412] ${line}`,
  'dmesg --time-format iso': (line, at) => `2020-11-05T${stamp(at)},123456+01:00 ${line}`,
  'journalctl -k': (line, at) => `Nov 05 ${stamp(at)} web1 kernel: ${line}`,
  'journalctl -o short-iso': (line, at) => `2020-11-05T${stamp(at)}+0100 web1 kernel: ${line}`,
  'journalctl -o short-monotonic': (line, at) =>
    `[${(1000 + at).toFixed(6).padStart(12)}] web1 kernel: ${line}`,
  'journalctl -o json': (line, at) =>
    JSON.stringify({
      _TRANSPORT: 'kernel',
      _HOSTNAME: 'web1',
      MESSAGE: line,
      __REALTIME_TIMESTAMP: String((1_604_590_000 + at) * 1e6),
    }),
  'kern.log': (line, at) =>
    `Nov  5 ${stamp(at)} web1 kernel: [${(1000 + at).toFixed(6).padStart(12)}] ${line}`,
  'a syslog of RFC 5424': (line, at) =>
    `<4>1 2020-11-05T${stamp(at)}.123Z web1 kernel - - - ${line}`,
}

/** Troubles of devices that are no ports, ports that are well, and words that only look like trouble. */
const noise = [
  'DMAR: [DMA Write NO_PASID] Request device [d2:00.0] fault addr 0x402c2833000 [fault reason 0x04] Access beyond MGAW',
  'AMD-Vi: Event logged [IO_PAGE_FAULT device=0000:0c:00.3 domain=0x000f address=0x7e800000 flags=0x0050]',
  'nvme 0000:e1:00.0: PCIe Bus Error: severity=Uncorrected (Fatal), type=Inaccessible, (Unregistered Agent ID)',
  'pcieport 0000:00:1d.0: AER: Corrected error received: 0000:e1:00.0',
  'ata1: SATA link down (SStatus 0 SControl 300)',
  'NETDEV WATCHDOG: wwan0 (cdc_ncm): transmit queue 0 timed out',
  'iwlwifi 0000:00:14.3: Microcode SW error detected. Restarting 0x0.',
  'i915 0000:00:02.0: [drm] GPU HANG: ecode 12:1:85dffffb',
  'r8152 2-1:1.0 enx00e04c680001: Tx status -71',
  'docker0: port 3(veth12ab34c) entered disabled state',
  'vmbr9: received packet on veth1i0 with own address as source address (addr:52:54:00:00:00:01, vlan:0)',
  'igc 0000:ec:00.0 enp236s0: NIC Link is Up 2500 Mbps Full Duplex, Flow Control: RX/TX',
  'usb 1-6.2: USB disconnect, device number 8',
  'perf: interrupt took too long (2502 > 2500), lowering kernel.perf_event_max_sample_rate to 79750',
]

const excerpts = Object.entries(examples).flatMap(([id, { yes, no }]) => {
  const texts = (of: typeof yes) => of.filter(each => typeof each === 'string')
  return [
    ...texts(yes).map(text => ({ id, is: true, text })),
    ...texts(no).map(text => ({ id, is: false, text })),
  ]
})

function dress(text: string, show: (line: string, at: number) => string): string {
  const lines = text.split('\n').filter(line => line !== '')
  // Noise before, between and after.
  const mixed = lines.flatMap((line, at) => [noise[at % noise.length]!, line])
  return [...noise, ...mixed, ...noise].map(show).join('\n')
}

describe('the excerpts', () => {
  it('are at least 150, no two alike', () => {
    const texts = new Set(excerpts.map(({ text }) => text))
    expect(texts.size).toBeGreaterThanOrEqual(150)
  })
})

describe.each(Object.keys(formats))('in the form of %s', name => {
  const show = formats[name]!

  it('each excerpt says the same amid noise of other devices as alone', () => {
    for (const { id, is, text } of excerpts) {
      const ids = idsOf(diagnoseLog(dress(text, show)))
      expect({ text, ids }).toEqual({ text, ids: idsOf(diagnoseLog(text)) })
      expect({ text, found: ids.includes(id) }).toEqual({ text, found: is })
    }
  })

  it('no playbook is named but for a hang of e1000e', () => {
    for (const { text } of excerpts) {
      const isHang = text.includes('Detected Hardware Unit Hang')
      const named = playbooksOf(diagnoseLog(dress(text, show)))
      expect({ text, named }).toEqual({ text, named: isHang ? ['offload-off'] : [] })
    }
  })

  it('every line of evidence has its time', () => {
    for (const { text } of excerpts) {
      const logged = findingsOf(diagnoseLog(dress(text, show))).flatMap(({ evidence }) => evidence)
      expect(logged.filter(({ at }) => at === null)).toEqual([])
    }
  })
})

const watchdog = 'NETDEV WATCHDOG: eno3 (i40e): transmit queue 44 timed out'
const i40e = (version: string) =>
  port({ name: 'eno3', pci: '0000:1a:00.2', driver: 'i40e', version })

describe('a newer driver is offered for a timeout of i40e', () => {
  it.each(['1.6.27-k', '2.1.14-k', '1.4.25-k', '2.2.4', '1.5.25', '2.0.30'])('%s: yes', version => {
    const diagnosis = diagnoseLog(watchdog, { parts: i40e(version), host: 'h1' })
    expect(playbooksOf(diagnosis)).toEqual(['i40e-upgrade'])
    expect(diagnosis.next).toEqual([
      'nicfix plan playbooks/i40e-upgrade.yaml --host h1 -e version=2.13.10 -e sha256=SHA256',
      'nicfix diagnose --host h1 --nic eno3 --watch 60s',
    ])
  })

  it.each([
    ['2.3.2-k', /is not older than the fix/],
    ['2.8.20-k', /is not older than the fix/],
    ['2.3.6', /is not older than the fix/],
    ['2.13.10', /is not older than the fix/],
    ['2.28.16', /is not older than the fix/],
    ['6.1.0-50-amd64', /update the kernel, not the driver/],
    ['', /version of i40e is not known/],
    ['nonsense', /tells nothing/],
  ])('%j: no, and why', (version, why) => {
    const diagnosis = diagnoseLog(watchdog, { parts: i40e(version), host: 'h1' })
    expect(playbooksOf(diagnosis)).toEqual([])
    const [finding] = findingsOf(diagnosis)
    expect(finding).toMatchObject({ signature: 'i40e-timeout', action: 'advise', playbook: null })
    expect(finding?.against.join()).toMatch(why)
    expect(finding?.advice[0]).toMatch(/^The kernel of the distribution first/)
  })

  it.each([
    [
      'memory is defective',
      '[ 100.0] BUG: Bad page state in process x  pfn:1',
      /not before the host is sound/,
    ],
    [
      'a processor stood still then',
      '[ 4999.0] watchdog: BUG: soft lockup - CPU#45 stuck for 22s! [x:1]',
      /processors stood still/,
    ],
    [
      'the link itself is bad',
      '[ 100.0] i40e 0000:1a:00.2 eno3: NIC Link is Up, 1000 Mbps Half Duplex, Flow Control: None',
      /not before this: the link runs at half duplex/,
    ],
    [
      'the IOMMU refused it memory',
      '[ 100.0] DMAR: [DMA Read] Request device [1a:00.2] fault addr 0x1 [fault reason 06] PTE Read access is not set',
      /not before this: the IOMMU/,
    ],
  ])('but not as the next thing where %s', (_, line, why) => {
    const diagnosis = diagnoseLog(`${line}\n[ 5000.0] ${watchdog}`, { parts: i40e('1.6.27-k') })
    expect(playbooksOf(diagnosis)).toEqual([])
    const timeout = findingsOf(diagnosis).find(({ signature }) => signature === 'i40e-timeout')
    expect(timeout?.playbook?.withheld).toMatch(why)
  })
})
