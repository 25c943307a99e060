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
