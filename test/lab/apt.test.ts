import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { chooseMirror, findMirror, parseDeb822, parseList } from '../../src/lab/apt.ts'

const list = `# comment
deb-src http://mirror.example/debian bookworm main
deb [arch=amd64 signed-by=/x.gpg] http://mirror.example/debian bookworm main contrib # ours
deb http://mirror.example/debian-security bookworm-security main
`

const deb822 = `# about
Types: deb deb-src
# not this one: http://old.example/debian
URIs: http://mirror.example/debian
 http://second.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: bookworm
Components: main
`

test('a line with options and a comment is read, a source of sources is not', () => {
  expect(parseList(list)).toEqual([
    { uri: 'http://mirror.example/debian', suites: ['bookworm'], components: ['main', 'contrib'] },
    {
      uri: 'http://mirror.example/debian-security',
      suites: ['bookworm-security'],
      components: ['main'],
    },
  ])
})

test('paragraphs are read with comments inside, continued lines and Enabled: no', () => {
  const sources = parseDeb822(deb822)
  expect(sources.map(source => source.uri)).toEqual([
    'http://mirror.example/debian',
    'http://second.example/debian',
    'http://mirror.example/debian-security',
  ])
  expect(sources[0]?.suites).toEqual(['bookworm', 'bookworm-updates'])
})

test('the mirror is a whole archive of Debian', () => {
  const main = ['main']
  const security = { uri: 'http://a.example/debian-security', suites: ['x'], components: main }
  const vendor = { uri: 'http://b.example/repo', suites: ['stable'], components: main }
  const updates = {
    uri: 'http://c.example/debian',
    suites: ['bookworm-updates'],
    components: main,
  }
  const whole = { uri: 'http://d.example/debian/', suites: ['trixie'], components: main }
  expect(chooseMirror([security, vendor, updates, whole])).toBe('http://d.example/debian/')
  expect(chooseMirror([security, vendor, updates])).toBeUndefined()
})

test('the machine is searched: sources.list first, then the directory beside it', () => {
  const etc = mkdtempSync(join(tmpdir(), 'nicfix-apt-'))
  onTestFinished(() => rmSync(etc, { recursive: true }))
  expect(findMirror(etc)).toBeUndefined()
  mkdirSync(join(etc, 'sources.list.d'))
  writeFileSync(join(etc, 'sources.list.d/other.sources.disabled'), deb822)
  expect(findMirror(etc)).toBeUndefined()
  writeFileSync(join(etc, 'sources.list.d/debian.sources'), deb822)
  expect(findMirror(etc)).toBe('http://mirror.example/debian')
  writeFileSync(join(etc, 'sources.list'), list.replaceAll('mirror', 'first'))
  expect(findMirror(etc)).toBe('http://first.example/debian')
})
