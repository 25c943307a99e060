import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, describe, expect, it } from 'vitest'
import { makeTarballs } from '../src/cli/sources.ts'
import { readSmallFile } from '../src/small-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'nicfix-small-'))
afterAll(() => rmSync(folder, { recursive: true }))

const at = (name: string) => join(folder, name)
execFileSync('mkfifo', [at('fifo')])
mkdirSync(at('folder'))
symlinkSync('circle', at('circle'))
writeFileSync(at('small'), 'x'.repeat(100))
// It has no blocks, and a size that no memory has.
writeFileSync(at('huge'), '')
truncateSync(at('huge'), 2 ** 40)

const kind = { what: 'a playbook', mostBytes: 100 }

describe('a file of which not much makes sense', () => {
  it('is read', () => {
    expect(readSmallFile(at('small'), kind)).toEqual({ bytes: Buffer.from('x'.repeat(100)) })
    expect(readSmallFile('/proc/self/comm', kind)).toHaveProperty('bytes')
  })

  it.each([
    [at('fifo'), 'it is a pipe or a device and no file'],
    ['/dev/zero', 'it is a pipe or a device and no file'],
    ['/dev/tty', /^it is a (socket|pipe)/],
    [at('folder'), 'it is a directory'],
    [at('none'), 'there is no such file'],
    [`${at('small')}/x`, 'there is no such file'],
    [at('circle'), 'its symbolic links go in a circle'],
    [at('huge'), 'it has 1073741824 KiB, and 1 KiB are the most that a playbook may have'],
    ['/proc/self/smaps', /^it has \d+ KiB, and 1 KiB are the most/],
    ['a\0b', /^the system says/],
  ])('is not waited for, and never read to its end where it has none: %s', (path, why) => {
    const begin = performance.now()
    const read = readSmallFile(path, kind)
    expect('why' in read ? read.why : 'read').toMatch(why)
    expect(performance.now() - begin).toBeLessThan(500)
  })
})

const main = new URL('../src/main.js', import.meta.url).pathname
const nicfix = (...words: string[]) =>
  execa(process.execPath, [main, ...words], { reject: false, stdin: 'ignore', timeout: 20_000 })

describe('a command', () => {
  it.each([
    ['plan', 'fifo', []],
    ['plan', 'huge', []],
    ['validate', 'fifo', []],
    ['validate', 'folder', []],
  ])('that is given something else than a playbook says so: %s %s', async (command, name) => {
    const words = command === 'plan' ? ['--host', 'localhost'] : []
    const ended = await nicfix(command, at(name), ...words)
    expect(ended).toMatchObject({ exitCode: 65, timedOut: false })
    expect(ended.stderr).toMatch(/^error\[NF1001\]: cannot read the playbook/)
  })

  it.each(['fifo', 'huge', 'folder'])('is not kept waiting by an inventory: %s', async name => {
    const ended = await nicfix('status', '-i', at(name), '--host', 'all')
    expect(ended).toMatchObject({ exitCode: 65, timedOut: false })
    expect(ended.stderr).toMatch(/^error\[NF1030\]: cannot read the inventory/)
  })

  it('takes an inventory from a pipe of the shell', async () => {
    const list = '{"_meta":{"hostvars":{"here":{"ansible_connection":"local"}}}}'
    const text = `exec ${process.execPath} ${main} status -i <(echo '${list}') --host all --json`
    const ended = await execa('bash', ['-c', text], { reject: false })
    expect(ended).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('"here"') })
  })
})

it('a source of a driver that never ends is told of, and the one beside the playbook is taken', () => {
  const tarballs = makeTarballs()
  expect(tarballs('/dev/zero', at('p.yaml'))).toBe(
    '/dev/zero: it is a pipe or a device and no file',
  )
  expect(tarballs('small', at('p.yaml'))).toMatchObject({ bytes: { length: 100 } })
})
