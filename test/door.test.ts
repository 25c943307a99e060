import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const main = new URL('../src/main.js', import.meta.url).pathname
const pinned = new URL(
  `../node_modules/node-${process.platform}-${process.arch}/bin/node`,
  import.meta.url,
).pathname
const old = findOldNode()

function makeOpen(path: string, mode = 0o777): string {
  mkdirSync(path, { recursive: true })
  chmodSync(path, mode)
  return path
}

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nicfix-door-'))
  mkdirSync(join(folder, 'src/cli'), { recursive: true })
  cpSync(main, join(folder, 'src/main.js'))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  // Types in it, so that only a Node that strips them can run it.
  writeFileSync(
    join(folder, 'src/cli/main.ts'),
    `export async function main(words: string[]): Promise<void> {
  const input: string = await new Promise(done => process.stdin.once('data', data => done(String(data))))
  console.log(JSON.stringify({ node: process.versions.node, words, input }))
  if (words[0] === 'die') process.kill(process.pid, 'SIGKILL')
  process.exitCode = Number(words[0])
}
`,
  )
})
afterEach(() => rmSync(folder, { recursive: true }))

const home = () => join(folder, 'home')
const cache = () => join(home(), '.cache')

const startAt = (HOME: string, prefix = '') =>
  execFileSync(
    'sh',
    ['-c', `${prefix} exec "$0" "$1" 0`, process.execPath, join(folder, 'src/main.js')],
    { input: 'hello', env: { ...process.env, HOME } },
  )

describe('the door', () => {
  it('goes on in this very process where Node is fit', () => {
    const done = open(process.execPath, ['7', 'a b'])
    expect(done.status).toBe(7)
    expect(JSON.parse(done.stdout)).toEqual({
      node: process.versions.node,
      words: ['7', 'a b'],
      input: 'hello',
    })
  })

  describe('keeps what it has compiled', () => {
    it('where nobody else can write, although the umask is 000, also in a home that had no cache yet', () => {
      mkdirSync(home())
      startAt(home(), 'umask 000;')
      expect(readdirSync(join(cache(), 'nicfix/compiled'))).not.toEqual([])
      for (const each of ['', 'nicfix', 'nicfix/compiled'])
        expect(statSync(join(cache(), each)).mode & 0o777).toBe(0o700)
    })

    it('in a cache that others may read', () => {
      mkdirSync(cache(), { recursive: true, mode: 0o755 })
      startAt(home())
      expect(readdirSync(join(cache(), 'nicfix/compiled'))).not.toEqual([])
    })

    it.each([
      ['in no home that others can write to', () => makeOpen(home())],
      ['in no cache that others can write to', () => makeOpen(cache())],
      ['in no folder that others can write to', () => makeOpen(join(cache(), 'nicfix'))],
      ['in no cache of somebody else', () => chownSync(makeOpen(cache(), 0o755), 1000, 1000)],
      ['in no home of somebody else', () => chownSync(makeOpen(home(), 0o755), 1000, 1000)],
    ])('%s', (_where, prepare) => {
      prepare()
      startAt(home())
      const compiled = join(cache(), 'nicfix/compiled')
      expect(existsSync(compiled) ? readdirSync(compiled) : []).toEqual([])
    })
  })

  it.skipIf(!old || !existsSync(pinned))(
    'goes on in the pinned Node where Node is old, with the same words, input and exit code',
    () => {
      putPinnedNode()
      const words = ['65', '', 'a b', '--flag=$x', '"']
      const done = open(old, words)
      expect(done.stderr).toBe('')
      expect(done.status).toBe(65)
      const node = execFileSync(pinned, ['-p', 'process.versions.node'], {
        encoding: 'utf8',
      }).trim()
      expect(JSON.parse(done.stdout)).toEqual({ node, words, input: 'hello' })
    },
  )

  it.skipIf(!old || !existsSync(pinned))('ends by the signal that the pinned Node ended by', () => {
    putPinnedNode()
    expect(open(old, ['die']).signal).toBe('SIGKILL')
  })

  it.skipIf(!old)('tells what to do where Node is old and none is pinned', () => {
    const done = open(old, ['0'])
    expect(done.status).toBe(1)
    expect(done.stdout).toBe('')
    expect(done.stderr).toMatch(
      /^error\[NF9001\]: nicfix needs Node 24\.12 or newer, this is \d+\.\d+\.\d+\n/,
    )
    expect(done.stderr).toContain('npm ci')
  })
})

function open(node: string, words: readonly string[]) {
  return spawnSync(node, [join(folder, 'src/main.js'), ...words], {
    input: 'hello',
    encoding: 'utf8',
  })
}

function putPinnedNode(): void {
  mkdirSync(join(folder, 'node_modules'))
  const name = `node-${process.platform}-${process.arch}`
  symlinkSync(join(pinned, '../..'), join(folder, 'node_modules', name))
}

/** A Node of this machine that is too old for nicfix, or '' when there is none. */
function findOldNode(): string {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin', '/usr/local/bin']
  return folders.map(each => join(each, 'node')).find(each => existsSync(each) && isOld(each)) ?? ''
}

function isOld(node: string): boolean {
  const major = spawnSync(node, ['-p', 'process.versions.node.split(".")[0]'], { encoding: 'utf8' })
  return major.status === 0 && Number(major.stdout) < 24
}
