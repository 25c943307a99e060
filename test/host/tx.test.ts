import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { Sandbox, writeChange } from './sandbox.ts'

// dash is /bin/sh on Debian and Ubuntu, bash on RHEL, ash on Alpine.
const shells = ['dash', 'bash', 'busybox sh', 'mksh'].filter(
  shell => spawnSync('which', [shell.split(' ')[0] ?? '']).status === 0,
)
const token = '0123456789abcdef'
let sandbox: Sandbox

afterEach(() => sandbox.end())

/** A host with one file to change, staged. */
function staged(shell: string, confirmWithin = '20') {
  sandbox = new Sandbox(shell)
  const etc = sandbox.folder('etc', { interfaces: 'old\n' })
  const before = sandbox.snapshot(etc)
  const changes = [
    writeChange(join(etc, 'interfaces'), 'old\n', 'new\n'),
    writeChange(join(etc, 'made/for/it'), null, 'fresh\n', { mode: '0755' }),
  ]
  const ran = sandbox.stage('20260101-0000-aaaa', changes, { 'm/confirm-within': confirmWithin })
  expect(ran).toMatchObject({ code: 0 })
  return { id: '20260101-0000-aaaa', etc, before, changes }
}

function tried(shell: string, confirmWithin?: string) {
  const host = staged(shell, confirmWithin)
  expect(sandbox.tx('arm', host.id)).toMatchObject({ code: 0 })
  expect(sandbox.tx('fire', host.id)).toMatchObject({ code: 0 })
  sandbox.until(host.id, 'tried')
  return host
}

describe.each(shells)('the host script in %s', shell => {
  it('changes nothing before the confirmation and everything after it', () => {
    const { id, etc } = tried(shell)
    expect(readFileSync(join(etc, 'interfaces'), 'utf8')).toBe('old\n')
    expect(sandbox.tx('confirm', id, [], token)).toMatchObject({ code: 0 })
    sandbox.until(id, 'ended')
    expect(sandbox.snapshot(etc)).toMatchObject({
      interfaces: expect.stringMatching(/^644 root:root f/),
      made: '755 root:root d',
      'made/for/it': expect.stringMatching(/^755 root:root f/),
    })
    expect(readFileSync(join(etc, 'interfaces'), 'utf8')).toBe('new\n')
    // Nothing of ours is left beside the targets, and the host is free for the next run.
    expect(Object.keys(sandbox.snapshot(etc)).toSorted()).toEqual([
      '',
      'interfaces',
      'made',
      'made/for',
      'made/for/it',
    ])
    expect(sandbox.run(['ls', '/var/lib/nicfix']).stdout.trim()).toBe('fence\ntx')
  })

  it('rolls back by itself when nobody confirms', () => {
    const { id, etc, before } = tried(shell, '2')
    sandbox.until(id, 'ended')
    expect(sandbox.tx('status', id).stdout).toContain('state rolled-back')
    expect(sandbox.snapshot(etc)).toEqual(before)
    expect(sandbox.tx('confirm', id, [], token)).toMatchObject({ code: 3 })
    expect(sandbox.snapshot(etc)).toEqual(before)
  })

  it('takes a committed transaction back, to the same bytes, modes and absence', () => {
    const { id, etc, before } = tried(shell)
    sandbox.tx('confirm', id, [], token)
    sandbox.until(id, 'committed')
    expect(sandbox.tx('rollback', id)).toMatchObject({ code: 0 })
    sandbox.until(id, 'ended')
    expect(sandbox.tx('status', id).stdout).toContain('state rolled-back')
    expect(sandbox.snapshot(etc)).toEqual(before)
    expect(sandbox.tx('rollback', id)).toMatchObject({ code: 0 })
  })
})

describe('the guard', () => {
  it('refuses a wrong token and takes the right one twice', () => {
    const { id } = tried('sh')
    expect(sandbox.tx('confirm', id, [], 'ffffffffffffffff')).toMatchObject({ code: 8 })
    expect(sandbox.tx('confirm', id, [], token)).toMatchObject({ code: 0 })
    expect(sandbox.tx('confirm', id, [], token)).toMatchObject({ code: 0 })
    sandbox.until(id, 'committed')
    expect(sandbox.tx('confirm', id, [], token)).toMatchObject({ code: 0 })
  })

  it('is followed by the second trigger when it is killed', () => {
    const { id, etc, before } = tried('sh')
    const guard = sandbox.run(['cat', `/var/lib/nicfix/tx/${id}/guard`]).stdout.split(' ')[0] ?? ''
    sandbox.run(['kill', '-9', guard])
    const block = sandbox.until(id, 'rolled-back')
    expect(block).toContain('the guard is dead, another one takes over')
    expect(sandbox.snapshot(etc)).toEqual(before)
  })

  it('goes away without a change when it is armed and never fired', () => {
    const { id, etc, before } = staged('sh')
    expect(sandbox.tx('arm', id)).toMatchObject({ code: 0 })
    expect(sandbox.tx('cancel', id)).toMatchObject({ code: 0 })
    sandbox.until(id, 'ended')
    expect(sandbox.snapshot(etc)).toEqual(before)
    expect(sandbox.tx('fire', id).code).toBe(1)
  })

  it('keeps what somebody else wrote meanwhile, and says so', () => {
    const { id, etc } = tried('sh')
    sandbox.tx('confirm', id, [], token)
    sandbox.until(id, 'committed')
    writeFileSync(join(etc, 'interfaces'), 'theirs\n')
    sandbox.tx('rollback', id)
    const block = sandbox.until(id, 'rolled-back')
    expect(block).toContain('was edited by someone else')
    expect(readFileSync(join(etc, 'interfaces'), 'utf8')).toBe('old\n')
    expect(readFileSync(join(etc, `interfaces.nicfix-conflict.${id}`), 'utf8')).toBe('theirs\n')
  })

  it('rolls back when a file changed between the plan and the persisting', () => {
    const { id, etc } = tried('sh')
    writeFileSync(join(etc, 'interfaces'), 'theirs\n')
    sandbox.tx('confirm', id, [], token)
    sandbox.until(id, 'rolled-back')
    expect(readFileSync(join(etc, `interfaces.nicfix-conflict.${id}`), 'utf8')).toBe('theirs\n')
  })
})

describe('staging', () => {
  it('refuses a file that is not the one of the plan, and leaves nothing behind', () => {
    sandbox = new Sandbox()
    const etc = sandbox.folder('etc', { interfaces: 'other\n' })
    const ran = sandbox.stage('20260101-0000-aaaa', [
      writeChange(join(etc, 'interfaces'), 'old\n', 'new\n'),
    ])
    expect(ran).toMatchObject({
      code: 8,
      stderr: expect.stringContaining('is not the file that the plan was made for'),
    })
    // The fencing number only ever grows.
    expect(sandbox.run(['find', '/var/lib/nicfix', '-mindepth', '1']).stdout.trim()).toBe(
      '/var/lib/nicfix/fence\n/var/lib/nicfix/tx',
    )
  })

  it('refuses a second run while the first holds the host, and names its owner', () => {
    const { id, changes } = tried('sh')
    const second = sandbox.stage('20260101-0001-bbbb', changes)
    expect(second.code).toBe(7)
    expect(second.stdout).toContain(`owner run ${id} (test) by test@here, pending`)
    expect(sandbox.run(['ls', '/var/lib/nicfix/tx']).stdout.trim()).toBe(id)
  })

  it('refuses what was damaged on the way', () => {
    sandbox = new Sandbox()
    const etc = sandbox.folder('etc', { interfaces: 'old\n' })
    const ran = sandbox.stage('20260101-0000-aaaa', [
      writeChange(join(etc, 'interfaces'), 'old\n', 'new\n'),
    ])
    expect(ran.code).toBe(0)
    const again = sandbox.run([
      'sh',
      '/var/lib/nicfix/tx/20260101-0000-aaaa/nicfix.sh',
      'tx',
      'stage',
      'none',
      '00',
    ])
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('not what was sent') })
    expect(sandbox.tx('status', '20260101-0000-aaaa').stdout).toContain('state staged')
  })

  it('rolls an abandoned transaction of an earlier boot back before it takes the host', () => {
    const { id, etc, before, changes } = tried('sh', '60')
    // As after a power cut: other boot id, no process left.
    sandbox.run(['pkill', '-9', '-f', 'nicfix.sh'])
    const bootId = sandbox.newBoot()
    const next = { 'm/boot-id': bootId }
    expect(sandbox.stage('20260101-0001-bbbb', changes, next)).toMatchObject({ code: 0 })
    expect(sandbox.tx('status', id).stdout).toMatch(/^state rolled-back$/m)
    expect(sandbox.snapshot(etc)).toEqual(before)
  })
})
