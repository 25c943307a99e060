import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { installMissing } from '../../src/lab/tools.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nicfix-tools-'))
  vi.stubEnv('XDG_CACHE_HOME', folder)
  vi.stubEnv('PATH', `${folder}:${process.env['PATH']}`)
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

/** As apt-get is: it refuses while another one is at work. */
function makeAptGet(...does: readonly string[]): void {
  const lines = [
    '#!/bin/sh',
    `cd ${folder}`,
    'mkdir lock || { echo "E: Could not get lock"; exit 100; }',
    'echo "$@" >>calls',
    'sleep 0.3',
    ...does,
    'rmdir lock',
  ]
  writeFileSync(join(folder, 'apt-get'), `${lines.join('\n')}\n`)
  chmodSync(join(folder, 'apt-get'), 0o755)
}

const missing = () => (existsSync(join(folder, 'installed')) ? [] : ['qemu-utils'])
const calls = () => readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n')

describe('what the lab needs of Debian', () => {
  it('is installed once, although several find it missing at the same time', async () => {
    makeAptGet('case "$*" in *install*) : >installed ;; esac')
    const said: string[] = []
    const say = (text: string) => void said.push(text)
    await Promise.all([installMissing(missing, say), installMissing(missing, say)])
    expect(calls()).toEqual([
      '-qq update',
      '-qq -y -o DPkg::Lock::Timeout=600 --no-install-recommends install qemu-utils',
    ])
    expect(said).toContainEqual(expect.stringContaining('which is at it already'))
  })

  it('is asked of nobody when it is there', async () => {
    makeAptGet()
    writeFileSync(join(folder, 'installed'), '')
    await installMissing(missing, () => undefined)
    expect(existsSync(join(folder, 'calls'))).toBe(false)
  })

  it('is named, with the words of apt-get, when it cannot be had', async () => {
    makeAptGet('rmdir lock', 'echo "E: Unable to locate package qemu-utils"; exit 100')
    await expect(installMissing(missing, () => undefined)).rejects.toMatchObject({
      problems: [
        {
          code: 'NF8001',
          details: ['E: Unable to locate package qemu-utils'],
          next: 'Install it: apt-get install qemu-utils',
        },
      ],
    })
  })
})
