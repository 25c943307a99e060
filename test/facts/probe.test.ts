import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parseFacts, probeScript } from '../../src/facts/probe.ts'
import { factsSchema } from '../../src/model/facts.ts'

const real = readFileSync(new URL('../fixtures/facts/h1.txt', import.meta.url), 'utf8')
const has = (command: string) => spawnSync('sh', ['-c', `command -v ${command}`]).status === 0

describe('the script', () => {
  const shells = ['dash', 'busybox sh', 'bash', 'mksh']

  test.each(shells)('%s runs it, and its output can be read', command => {
    const [shell = 'sh', ...words] = command.split(' ')
    if (!has(shell)) return console.warn(`SKIPPED: ${shell} is not installed`)
    const stdout = execFileSync(shell, [...words, '-s'], { input: probeScript(), encoding: 'utf8' })
    const facts = parseFacts(stdout)
    expect(facts).toMatchObject({ format: 'nicfix.facts/1', kernel: expect.any(String) })
    expect(factsSchema.parse(facts)).toEqual(facts)
  })

  test('says nothing wrong on standard error', () => {
    expect(spawnSync('sh', ['-s'], { input: probeScript(), encoding: 'utf8' }).stderr).toBe('')
  })

  test('is clean under shellcheck', () => {
    if (!has('shellcheck')) return console.warn('SKIPPED: shellcheck is not installed')
    const { stdout } = spawnSync('shellcheck', ['-s', 'sh', '-'], {
      input: probeScript(),
      encoding: 'utf8',
    })
    expect(stdout).toBe('')
  })

  test('does nothing when it arrives cut', () => {
    const script = probeScript()
    for (const part of [0.3, 0.6, 0.95]) {
      const input = script.slice(0, script.length * part)
      expect(spawnSync('sh', ['-s'], { input, encoding: 'utf8' }).stdout).toBe('')
    }
  })

  test('looks for the commands that a playbook requires, but for no text that is not a name', () => {
    expect(probeScript(['dmidecode'])).toContain(' dmidecode; do')
    expect(probeScript(['x; reboot'])).toBe(probeScript())
  })

  test('contains no command that writes', () => {
    const script = probeScript().replaceAll(/2?>\/dev\/null|2?>&[12]/g, '')
    expect(script).not.toMatch(/^[^'\n]*\s\d?>/m)
    expect(script).not.toMatch(/(^|[;|(]|then|do)\s*(rm|mv|cp|tee|mkdir|touch|ln|dd|mktemp)\s/m)
  })
})

describe('parseFacts', () => {
  test('a real host', () => {
    const facts = parseFacts(real)
    expect(facts).toMatchObject({
      kernel: '6.1.0-50-amd64',
      os: { id: 'debian', version: '12' },
      systemd: true,
      nics: [
        {
          name: 'eno1',
          pci: '0000:01:00.0',
          pciId: '8086:10d3',
          driver: 'e1000e',
          version: '6.1.0-50-amd64',
          speed: 1000,
          duplex: 'full',
          pause: { autoneg: true, rx: true, tx: true },
          addresses: ['10.0.2.15/24'],
        },
        { name: 'eno3', pci: '10000:00:00.0', driver: 'i40e', version: '1.6.27-k', speed: 10_000 },
      ],
      modules: {
        e1000e: { version: null, options: 'IntMode=0,0,0,0', inInitramfs: true },
        i40e: { version: '1.6.27-k', taint: 'OE' },
      },
      networkStacks: ['ifupdown'],
      sshClient: '10.0.2.2',
      sshPath: ['eno1'],
      defaultRoutes: [{ via: '10.0.2.2', device: 'eno1' }],
      kernelCompiler: 'gcc-12',
      unsignedRejected: false,
      rootOnNetwork: false,
    })
  })

  test('the loaded build is the one on the disk', () => {
    const facts = parseFacts(real)
    if ('code' in facts) throw new Error(facts.message)
    for (const module of Object.values(facts.modules)) {
      expect(module.buildId).toMatch(/^[0-9a-f]{40}$/)
      expect(module.fileBuildId).toBe(module.buildId)
      expect(Object.values(module.copyBuildIds)).toEqual([module.buildId])
    }
  })

  test('a greeting before it and noise after it do not matter', () => {
    expect(parseFacts(`Welcome!\n\u001b[31mred\n${real}logout\n`)).toEqual(parseFacts(real))
  })

  test('every cut is noticed', () => {
    for (let length = 0; length < real.length - 1; length += 97) {
      expect(parseFacts(real.slice(0, length))).toMatchObject({ code: 'NF2040' })
    }
    expect(parseFacts(real.replace(/^@end.*\n/m, ''))).toMatchObject({ code: 'NF2040' })
  })

  test('a fact that is missing is named', () => {
    const without = real.replace('@fact initramfs', '@fact something')
    expect(parseFacts(without)).toMatchObject({
      code: 'NF2040',
      details: [expect.stringContaining('initramfs'), expect.any(String)],
    })
  })

  test.each([
    ['escape codes', '\u001b[2J'],
    ['a null byte', '\0'],
    ['a carriage return', 'x\r'],
    ['what looks like a header', '@end 15'],
    ['what is no UTF-8', '\uFFFD'],
  ])('%s in the output of a command stays in there', (_, odd) => {
    const spoilt = real.replace('@fact stacks\n', `@fact stacks\n|${odd}\n`)
    expect(parseFacts(spoilt)).toMatchObject({ networkStacks: ['ifupdown'] })
  })

  test('shows in the problem how the output ends', () => {
    expect(parseFacts('bash: sudo: command not found\n')).toMatchObject({
      code: 'NF2040',
      exitCode: 1,
      details: [
        expect.stringContaining('missing'),
        expect.stringContaining('sudo: command not found'),
      ],
    })
  })
})

describe('numbers and sums that are none', () => {
  test.each([
    ['a ring', /RX:\t\t256$/m, 'RX:\t\t599999999999999999'],
    ['an MTU', /^\|mtu 1500$/m, '|mtu many'],
    ['a sha256', /^\|sha256 [0-9a-f]{64}$/m, '|sha256 c886'],
  ])('%s makes the output one that cannot be read', (_, good, bad) => {
    expect(real).toMatch(good)
    expect(parseFacts(real.replace(good, bad))).toMatchObject({ code: 'NF2040' })
  })
})
