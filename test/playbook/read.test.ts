import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { readPlaybook } from '../../src/playbook/read.ts'

const folder = mkdtempSync(join(tmpdir(), 'nicfix-read-'))
afterAll(() => rmSync(folder, { recursive: true }))

const text =
  'nicfix: 1\nname: p\nnics: { match: {} }\nsteps: [{ id: a, use: nic.pause, with: { rx: on, tx: on } }]\n'

function read(name: string) {
  return readPlaybook(join(folder, name), { commandLine: {} })
}

it.each([
  ['plain', text],
  ['with a byte order mark', `\uFEFF${text}`],
  ['with CRLF', text.replaceAll('\n', '\r\n')],
])('a playbook %s is read, and its digest is that of the file', (name, content) => {
  writeFileSync(join(folder, name), content)
  const result = read(name)
  const sha256 = createHash('sha256')
    .update(readFileSync(join(folder, name)))
    .digest('hex')
  expect(result).toMatchObject({
    loaded: { path: join(folder, name), sha256, playbook: { name: 'p' } },
  })
})

it.each([
  ['none', 'there is no such file'],
  ['folder', 'it is a directory'],
  ['bytes', 'it is not UTF-8 text'],
])('a file that cannot be read is told with the reason: %s', (name, why) => {
  mkdirSync(join(folder, 'folder'), { recursive: true })
  writeFileSync(join(folder, 'bytes'), Buffer.from([0x61, 0xff, 0xfe]))
  const result = read(name)
  const message = `cannot read the playbook ${join(folder, name)}: ${why}`
  expect(result).toMatchObject({ problems: [{ code: 'NF1001', exitCode: 65, message }] })
})

const bomb = ['a: &a [x, x, x, x, x, x, x, x]', 'b: &b [*a, *a, *a]', 'c: [*b, *b, *b]'].join('\n')
const keys = Array.from({ length: 7000 }, (_, at) => `k${at}: 1`).join('\n')

it.each([
  ['of 10 MB', 'x'.repeat(10_000_000), 'NF1001', /9766 KiB, and 64 KiB are the most/],
  ['that nests without end', '['.repeat(60_000), 'NF1002', /too deep to be read/],
  ['of maps without end', `steps: ${'{a: '.repeat(15_000)}`, 'NF1002', /too deep to be read/],
  ['whose aliases grow', bomb, 'NF1002', /aliases are not allowed/],
  ['with thousands of wrong keys', keys, 'NF1003', /missing key "nics"/],
])(
  'a file %s is an error and no hang',
  (name, content, code, message) => {
    writeFileSync(join(folder, name), content)
    const result = read(name)
    const problems = 'problems' in result ? result.problems : []
    expect(problems.length).toBeLessThanOrEqual(100)
    expect(problems).toContainEqual(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    )
  },
  60_000,
)

it('of very many problems the first hundred are told, and how many more there are', () => {
  writeFileSync(join(folder, 'many'), `${text}${keys.slice(0, 5000)}`)
  const result = read('many')
  const problems = 'problems' in result ? result.problems : []
  expect(problems).toHaveLength(100)
  expect(problems.at(-1)?.details.at(-1)).toMatch(/^and \d+ more problems in this file$/)
})
