import { execa } from 'execa'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findHosts } from '../../src/cli/find-hosts.ts'

const main = new URL('../../src/main.js', import.meta.url).pathname
const example = new URL('../../examples/inventory.yaml', import.meta.url).pathname
const listing = { _meta: { hostvars: { here: { ansible_connection: 'local' } } } }

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nicfix-inventory-'))
  await writeFile(join(dir, 'config'), 'Host web1\n  User www\n')
  await writeFile(
    join(dir, 'list'),
    `#!/bin/sh\n[ "$1" = --list ] && echo '${JSON.stringify(listing)}'\n`,
  )
  await chmod(join(dir, 'list'), 0o755)
})
afterAll(() => rm(dir, { recursive: true, force: true }))

const nicfix = (words: readonly string[], input = '') =>
  execa(process.execPath, [main, ...words], { reject: false, input })

describe('validate', () => {
  it('judges inventories beside playbooks', async () => {
    const wrong = join(dir, 'wrong.yaml')
    await writeFile(wrong, 'nicfix-inventory: 1\nhosts: { h1: { adress: 192.0.2.1 } }\n')
    const playbook = 'playbooks/ring-max.yaml'
    const good = await nicfix(['validate', example, playbook])
    expect(good).toMatchObject({ exitCode: 0, stdout: `${example}: ok\n${playbook}: ok` })
    const bad = await nicfix(['validate', wrong, playbook, '--format', 'github'])
    expect(bad.exitCode).toBe(65)
    expect(bad.stdout).toMatch(/^::error file=.*wrong\.yaml,line=2,/)
  })
})

describe('hosts of an inventory', () => {
  it('come with their variables, and with what the ssh configuration says beside', async () => {
    const options = {
      host: ['web1', 'pve'],
      limit: [],
      concurrency: 20,
      inventory: example,
      sshConfig: join(dir, 'config'),
    }
    const hosts = await findHosts(options)
    expect(hosts.map(({ name, vars }) => [name, vars['*']])).toEqual([
      ['web1', { site: 'fra1' }],
      ['pve1', { site: 'fra1', nic: 'eno2' }],
      ['pve2', { site: 'fra1', nic: 'eno1' }],
    ])
  })

  it.each([
    ['a program that lists them', () => [join(dir, 'list')], ''],
    ['standard input', () => ['-'], JSON.stringify(listing)],
  ])('come from %s', async (_, files, input) => {
    const words = ['status', '-i', ...files(), '--host', 'all', '--json']
    const { stdout, exitCode } = await nicfix(words, input)
    expect(exitCode).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject([{ host: 'here' }])
  })

  it.each([
    ['a host that it does not have', ['-i', example, '--host', 'pve3'], 64, 'NF6006'],
    ['no host at all', ['-i', example], 64, 'NF6006'],
    ['a limit without an inventory', ['--host', 'h1', '--limit', 'h1'], 64, 'NF6006'],
    ['a file that is not there', ['-i', '/nowhere.yaml', '--host', 'all'], 65, 'NF1030'],
    ['a program that fails', ['-i', '/bin/false', '--host', 'all'], 65, 'NF1030'],
  ])('are not found: %s', async (_, words, code, name) => {
    const { stderr, exitCode } = await nicfix(['status', ...words])
    expect(stderr).toMatch(new RegExp(`^error\\[${name}\\]`))
    expect(stderr).toMatch(/^ {2}next: \S/m)
    expect(exitCode).toBe(code)
  })
})
