import { execFileSync, spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { collectScript, readCollection, readingsFor } from '../../src/diagnose/collect.ts'
import { readCollected } from '../../src/diagnose/collected.ts'
import { ratesOf, readReading } from '../../src/diagnose/readings.ts'
import { plot, tellPerSecond } from '../../src/diagnose/plot.ts'

const has = (command: string) => spawnSync('sh', ['-c', `command -v ${command}`]).status === 0
const script = collectScript({ watchSeconds: 1, sinceSeconds: 3600 })

describe('the script', () => {
  it.each(['dash', 'busybox sh', 'bash', 'mksh'])(
    '%s runs it, and its output can be read',
    command => {
      const [shell = 'sh', ...words] = command.split(' ')
      if (!has(shell)) return console.warn(`SKIPPED: ${shell} is not installed`)
      const options = { input: script, encoding: 'utf8', maxBuffer: 1 << 28 } as const
      const { stdout, stderr } = spawnSync(shell, [...words, '-s'], options)
      expect(stderr).toBe('')
      const { kernel, readings, at } = readCollected(readCollection(stdout))
      expect(kernel).toBe(execFileSync('uname', ['-r'], { encoding: 'utf8' }).trim())
      expect(readings).toHaveLength(2)
      expect(readings[1]!.at - readings[0]!.at).toBeGreaterThan(0.9)
      expect(at.calendar).toBeGreaterThan(1.7e9)
    },
  )

  it('is clean under shellcheck', () => {
    if (!has('shellcheck')) return console.warn('SKIPPED: shellcheck is not installed')
    const { stdout } = spawnSync('shellcheck', ['-s', 'sh', '-'], {
      input: script,
      encoding: 'utf8',
    })
    expect(stdout).toBe('')
  })

  it('does nothing when it arrives cut', () => {
    for (const part of [0.3, 0.6, 0.95]) {
      const input = script.slice(0, script.length * part)
      expect(spawnSync('sh', ['-s'], { input, encoding: 'utf8' }).stdout).toBe('')
    }
  })

  it('contains no command that writes, and no setting of ethtool', () => {
    const text = script.replaceAll(/2?>\/dev\/null|2?>&[12]/g, '')
    expect(text).not.toMatch(/^[^'\n]*\s\d?>/m)
    expect(text).not.toMatch(/(^|[;|(]|then|do)\s*(rm|mv|cp|tee|mkdir|touch|ln|dd|mktemp)\s/m)
    const options = Array.from(text.matchAll(/ethtool (-\S+|"\$name")/g), ([, option]) => option)
    expect(new Set(options)).toEqual(
      new Set(['-S', '-i', '"$name"', '-a', '-k', '-g', '--show-eee', '-l', '--show-priv-flags']),
    )
  })

  it('that did not come to its end is refused', () => {
    expect(() => readCollection('@nicfix-probe 1\n@fact meta\n|host h1')).toThrow(/was cut/)
  })
})

describe('readings', () => {
  it.each([
    [1, { count: 2, every: 1 }],
    [5, { count: 3, every: 3 }],
    [60, { count: 25, every: 3 }],
    [3600, { count: 25, every: 150 }],
  ])('of %i seconds are few, and take about that long', (seconds, wanted) => {
    expect(readingsFor(seconds)).toEqual(wanted)
    expect((wanted.count - 1) * wanted.every).toBeLessThanOrEqual(seconds * 1.25 + 1)
  })

  it('give the rate of each interval, and count a counter that was reset from there', () => {
    const all = [10, 12, 14].map((at, turn) =>
      readReading(`uptime ${at}.0\nnic eno1\n     rx_crc_errors: ${[5, 25, 4][turn]}\n`),
    )
    const rates = ratesOf(
      all.flatMap(each => each ?? []),
      reading => reading.ports.get('eno1'),
    )
    expect(rates).toMatchObject([
      { counter: 'rx_crc_errors', delta: 24, perSecond: 6, reset: true, course: [10, 2] },
    ])
  })

  it('without a time are none', () => {
    expect(readReading('nic eno1\nrx_packets: 5\n')).toBeNull()
  })
})

describe('the plot', () => {
  it('is as high as each share of the highest, and keeps a burst', () => {
    expect(plot([0, 1, 2, 4])).toBe('▁▃▅█')
    expect(plot([0, 0])).toBe('▁▁')
    expect(plot([7])).toBe('')
    expect(plot(Array.from({ length: 100 }, (_, at) => (at === 50 ? 9 : 0)))).toMatch(/^▁+█▁+$/)
  })

  it('says rates in few letters', () => {
    expect([0, 0.25, 12, 3400, 1.2e6].map(tellPerSecond)).toEqual([
      '0/s',
      '0.25/s',
      '12/s',
      '3.4k/s',
      '1.2M/s',
    ])
  })
})

const reading = (value: string) => readReading(`uptime 1\nnic eno1\nrx_bytes: ${value}\n`)

describe('parts that somebody has made to be slow', () => {
  const gap = `\n${' \n'.repeat(250_000)}`

  it('are read at once, whatever blanks they have', () => {
    const said = { settings: `Supported link modes:${gap}`, eee: gap }
    const port = { ...said, info: 'bus-info: 0000:00:1f.6\n' }
    const files = Object.entries(port).map(([what, text]) => [`nic/eno1/${what}`, text] as const)
    const long = `uptime 1\nnic eno1\nrx${' '.repeat(250_000)}x\n`
    const from = performance.now()
    const { ports } = readCollected(new Map([...files, ['reading/1', long]]))
    expect(ports).toHaveLength(1)
    expect(performance.now() - from).toBeLessThan(5000)
  })

  it('have counters of 64 bits, and none of more', () => {
    const count = (value: string) => reading(value)?.ports.get('eno1')?.get('rx_bytes')
    expect(count('18446744073709551615')).toBe(2 ** 64)
    expect(count('9'.repeat(400))).toBeUndefined()
    const odd = `uptime 1\nudp A RcvbufErrors\nudp 0 2.5\nsoftnet 0 ${'f'.repeat(400)} 0\n`
    expect([...readReading(odd)!.host.values()]).toEqual([0, 0])
    const [rate] = ratesOf([{ ...reading('0')!, at: 0 }, reading('18446744073709551615')!], each =>
      each.ports.get('eno1'),
    )
    expect(rate?.delta).toBe(Number.MAX_SAFE_INTEGER)
  })
})
