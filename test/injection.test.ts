import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { array, assert, double, property } from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { collectScript } from '../src/diagnose/collect.ts'
import { findCommands } from '../src/facts/commands.ts'
import { probeScript } from '../src/facts/probe.ts'
import { isTxId, stageCommand, statusAndProbeCommand, txCommand } from '../src/host/protocol.ts'
import { hostScript } from '../src/host/script.ts'
import { quoteAll } from '../src/quote.ts'
import { masterWords } from '../src/remote/openssh-arguments.ts'
import type { SshSettings } from '../src/remote/settings.ts'
import { asRoot, asRootWith } from '../src/remote/sudo.ts'
import { hostileLine, hostileText, hostileWord, shells } from './hostile.ts'

// Whatever a text is, a shell that gets it from nicfix runs nothing of it. Each command is run by real shells in a folder
// of its own, in which nothing may have been made afterwards, and gives back the words that reached it.
let folder = ''
let tools = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nicfix-injection-'))
  tools = mkdtempSync(join(tmpdir(), 'nicfix-tools-'))
  const tool = (name: string, text: string) => {
    writeFileSync(join(tools, name), `#!/bin/dash\n${text}\n`)
    chmodSync(join(tools, name), 0o755)
  }
  // As sudo -k -S does: the password is its own line, and the command is what stands behind the dashes.
  tool('sudo', `read -r password; while [ "$1" != -- ]; do shift; done; shift; exec "$@"`)
  tool('ssh', `printf '%s\\0' "$@"`)
})
afterAll(() => {
  for (const each of [folder, tools]) rmSync(each, { recursive: true, force: true })
})

type Shell = (typeof shells)[number]

function runBy({ file, flags }: Shell, text: string, input = ''): string {
  const ran = spawnSync(file, [...flags, '-c', text], {
    cwd: folder,
    env: { PATH: `${tools}:/usr/bin:/bin` },
    input,
    encoding: 'utf8',
  })
  expect(readdirSync(folder), text).toEqual([])
  return ran.stdout
}

const wordsOf = (stdout: string) => stdout.split('\0').slice(0, -1)
/** What the ssh of these words would start to get to its host. */
function start(shell: Shell, words: readonly string[]): string[] {
  const proxy = words.find(word => word.startsWith('ProxyCommand=')) ?? ''
  return wordsOf(runBy(shell, proxy.replace('ProxyCommand=', '').replaceAll('%%', '%')))
}

const someWords = array(hostileWord, { minLength: 1, maxLength: 8 })
const runs = { numRuns: 40 }

describe.each(shells)('by $name', shell => {
  test('a command of root arrives as it was, whoever becomes root and how', () => {
    assert(
      property(someWords, hostileLine, hostileWord, (list, password, input) => {
        const command = `printf '%s\\0' ${quoteAll(list)}; cat`
        const after = `${list.map(word => `${word}\0`).join('')}${input}`
        expect(runBy(shell, asRoot(command, 'root'), input)).toBe(after)
        const { text, input: before } = asRootWith(password, command, 'nicfix-mark')
        expect(asRootWith('', command, 'nicfix-mark').text).toBe(text)
        expect(runBy(shell, text, before + input)).toBe(after)
      }),
      runs,
    )
  })

  test('of the commands that a playbook requires only names are looked for', () => {
    assert(
      property(array(hostileText, { maxLength: 5 }), names => {
        const plain = names.filter(name => /^[\w.+-]+$/.test(name))
        const { command, parse } = findCommands(names)
        const found = parse(runBy(shell, command))
        for (const name of plain) expect(found).toHaveProperty([name])
        expect(Object.keys(found).every(name => /^[\w.+-]+$/.test(name))).toBe(true)
        expect(probeScript(names)).toBe(probeScript(plain))
      }),
      { numRuns: 10 },
    )
  })

  test('jump hosts of any name are gone through by that name, and nothing else is', () => {
    assert(
      property(hostileWord, hostileWord, hostileWord, (first, second, key) => {
        const chain = settingsOf(
          'end',
          ['-p', '22'],
          [settingsOf(first, ['-i', key]), settingsOf(second, [])],
        )
        const words = masterWords({ host: 'h', hop: 'h', settings: chain }, '/m', 'ready', habits)
        // Each ssh on the way starts the one before it, as ssh itself would: tokens expanded, by a shell.
        const near = start(shell, words)
        expect(near.slice(-2)).toEqual(['--', second])
        const far = start(shell, near)
        expect(far.slice(-4)).toEqual(['-i', key, '--', first])
        expect(near).toContain('[end]:22')
      }),
      { numRuns: 20 },
    )
  })

  test('what a person is told to type undoes just that command', () => {
    const typed = /^typed\(\).*$/m.exec(hostScript())?.[0] ?? ''
    const file = join(tools, 'words')
    assert(
      property(array(hostileLine, { minLength: 1, maxLength: 6 }), list => {
        writeFileSync(file, list.map(word => `${word}\n`).join(''))
        const text = `${typed}\neval "printf '%s\\\\0' $(typed ${file})"`
        expect(wordsOf(runBy(shell, text))).toEqual(list)
      }),
      { numRuns: 20 },
    )
  })
})

const habits = {
  keepaliveMs: 3000,
  timeoutMs: 1000,
  asks: false,
  logOf: (hop: number) => `/log.${hop}`,
}

function settingsOf(
  name: string,
  flags: readonly string[],
  jumps: readonly SshSettings[] = [],
): SshSettings {
  return {
    address: name,
    port: 22,
    user: 'root',
    keyFiles: [],
    identitiesOnly: false,
    knownHostsFiles: [],
    strictness: 'yes',
    jumps: jumps.map(settings => ({ name: settings.address, settings })),
    login: ['ssh', ...flags, name],
  }
}

describe('no command that is sent to a host has a text of anybody else in it', () => {
  const plain = /^[\w :;&|{}()[\]!$"'`,.<>=\\/+-]*$/

  test('ids of runs are letters, digits and dashes, or refused', () => {
    const sum = 'a'.repeat(64)
    assert(
      property(hostileText, id => {
        if (isTxId(id)) return
        expect(() => stageCommand(id, sum)).toThrow('not a transaction id')
        expect(() => txCommand(id, 'status')).toThrow('not a transaction id')
        expect(() => statusAndProbeCommand(id)).toThrow('not a transaction id')
      }),
    )
    for (const odd of [
      '20260101-0000-aaaa\n',
      '../../../../x',
      '20260101-0000-AAAA',
      'a'.repeat(41),
    ])
      expect(() => txCommand(odd, 'status')).toThrow('not a transaction id')
    for (const odd of ['', `${sum}\n`, sum.toUpperCase(), `${sum};x`])
      expect(() => stageCommand('20260101-0000-aaaa', odd)).toThrow('not a sha256')
  })

  test('numbers are single words, whatever they are', () => {
    assert(
      property(double(), double(), (one, other) => {
        const words = txCommand('20260101-0000-aaaa', 'wait', one, other).split(' ')
        expect(words).toHaveLength(7)
        expect(words.every(word => plain.test(word))).toBe(true)
        const script = collectScript({ watchSeconds: Math.abs(one), sinceSeconds: other })
        const since = script.match(/--since=-(\S*?)s /)?.[1]
        expect(since).toMatch(/^[\w.+-]+$/)
      }),
      { numRuns: 200 },
    )
  })
})
