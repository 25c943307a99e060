import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  parseAnswer,
  parseOwner,
  stageCommand,
  statusAndProbeCommand,
  txCommand,
} from '../../src/host/protocol.ts'
import { packStage, stageFiles } from '../../src/host/stage.ts'
import { payloadSha256, plan, token } from '../run/setup.ts'
import { unpack } from '../run/unpack.ts'

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

const block = `nicfix-tx 1
id 20261122-0131-4f2a
playbook i40e-upgrade
state pending
phase tried
guard alive
watch alive
deadline 133
boot same
output 01 sha256 abcd
output 01 vermagic 6.1.0 SMP mod_unload
event 1 812 03 backed-up /etc/rc.local
event 2 900.5 - note phase ready
event 3 901 02 failed
end
`

describe('an answer of the host', () => {
  it('is read whole', () => {
    const answer = parseAnswer(block)
    expect(answer).toMatchObject({ kind: 'blocks', rest: '' })
    const [first] = answer.kind === 'blocks' ? answer.blocks : []
    expect(first?.status).toMatchObject({
      id: '20261122-0131-4f2a',
      playbook: 'i40e-upgrade',
      state: 'pending',
      phase: 'tried',
      guardAlive: true,
      watchAlive: true,
      deadlineInSeconds: 133,
      sameBoot: true,
    })
    expect(first?.outputs).toEqual({
      '01': { sha256: 'abcd', vermagic: '6.1.0 SMP mod_unload' },
    })
    expect(first?.status.events).toEqual([
      { seq: 1, uptime: 812, change: '03', event: 'backed-up', text: '/etc/rc.local' },
      { seq: 2, uptime: 900.5, change: '-', event: 'note', text: 'phase ready' },
      { seq: 3, uptime: 901, change: '02', event: 'failed', text: '' },
    ])
  })

  it('keeps what follows the last block, and skips what comes before the first', () => {
    expect(parseAnswer(`a banner\n${block}@begin facts\n1\n`)).toMatchObject({
      kind: 'blocks',
      rest: '@begin facts\n1\n',
    })
    expect(parseAnswer('')).toEqual({ kind: 'blocks', blocks: [], rest: '' })
    expect(parseAnswer(block + block)).toMatchObject({ blocks: [{}, {}] })
  })

  it('counts for nothing when it is cut anywhere', () => {
    for (let at = block.indexOf('\n') + 1; at < block.length - 1; at += 1) {
      expect(parseAnswer(block.slice(0, at)).kind).toBe('unreadable')
    }
  })

  it.each([
    ['a state that is none', block.replace('pending', 'none')],
    ['a phase that is none', block.replace('phase tried', 'phase dozing')],
    ['a deadline that is no number', block.replace('133', 'soon')],
    ['an unknown line', block.replace('boot same', 'boots same')],
    ['an event without its time', block.replace('1 812 03', '1 03')],
    ['a newer protocol', block.replace('nicfix-tx 1', 'nicfix-tx 2')],
    ['a block without a state', block.replace('state pending\n', '')],
  ])('counts for nothing with %s', (_name, text) => {
    expect(parseAnswer(text).kind).toBe('unreadable')
  })

  it('names the owner of a lock', () => {
    expect(parseOwner('owner run x by ann@desk\n')).toBe('run x by ann@desk')
    expect(parseOwner('')).toBe('unknown')
  })
})

describe('a command to the host', () => {
  it('is built of checked words only', () => {
    const script = '/var/lib/nicfix/tx/20261122-0131-4f2a/nicfix.sh'
    expect(txCommand('20261122-0131-4f2a', 'wait', 10.9, 3)).toBe(
      `sh ${script} tx wait 20261122-0131-4f2a 10 3`,
    )
    expect(statusAndProbeCommand('20261122-0131-4f2a')).toContain('</dev/null && exec sh -s')
    expect(() => txCommand('x; reboot', 'status')).toThrow(/not a transaction id/)
    expect(() => stageCommand('20261122-0131-4f2a', '$(reboot)')).toThrow(/sha256/)
  })
})

const input = {
  id: '20261122-0131-4f2a',
  plan,
  digest: 'sha256:0',
  playbook: 'pause-off',
  token,
  over: 'ssh' as const,
  controller: 'ann@desk',
  script: Buffer.from('#!/bin/sh\n'),
  payloads: new Map([[payloadSha256, Buffer.from([0, 255, 10])]]),
}

describe('the archive of a transaction', () => {
  it('holds one value a file, without a newline', () => {
    const files = stageFiles(input)
    const text = (name: string) => files.get(name)?.toString()
    expect(text('m/token')).toBe(token)
    expect(text('m/confirm-within')).toBe('180')
    expect(text('c/01/kind')).toBe('build-module')
    expect(files.get('c/01/source.tar.gz')).toEqual(Buffer.from([0, 255, 10]))
    expect(text('c/02/want')).toBe('autoneg off rx off tx off')
    expect(text('c/02/renegotiate')).toBe('yes')
    expect(text('c/03/content')).toBe('x\n')
    expect(files.has('c/03/after')).toBe(false)
  })

  it('carries the sums of all its files, and arrives as it was packed', async () => {
    const { archive, sumsSha256 } = await packStage(input)
    const got = await unpack(Buffer.concat(archive))
    const sums = got.get('SHA256SUMS') ?? Buffer.alloc(0)
    expect(sha256(sums)).toBe(sumsSha256)
    const others = [...got].filter(([name]) => name !== 'SHA256SUMS')
    expect(sums.toString()).toBe(others.map(([name, b]) => `${sha256(b)}  ${name}\n`).join(''))
    expect((await packStage(input)).archive).toEqual(archive)
  })

  it('is not made without the source that a build needs', () => {
    expect(() => stageFiles({ ...input, payloads: new Map() })).toThrow(/was not read/)
  })
})

it('a long line with another end than a line is read, or refused, at once', () => {
  const line = `playbook ${'x'.repeat(200_000)}\r`
  const from = performance.now()
  expect(parseAnswer(block.replace(/^playbook.*$/m, line))).toMatchObject({ kind: 'blocks' })
  const word = `${'x'.repeat(200_000)}\r`
  expect(parseAnswer(block.replace('end\n', `${word}\nend\n`)).kind).toBe('unreadable')
  expect(performance.now() - from).toBeLessThan(5000)
})

describe('names that every object has', () => {
  it.each(['__proto__', '__defineGetter__', 'toString', 'constructor'])(
    '%s is no key of an answer',
    key => {
      const answer = parseAnswer(block.replace('end\n', `${key} x\nend\n`))
      expect(answer).toMatchObject({ kind: 'unreadable' })
    },
  )

  it('may be those of an output, but not of a change', () => {
    const whose = parseAnswer(block.replace('output 01 sha256', 'output __proto__ sha256'))
    expect(whose).toMatchObject({ kind: 'unreadable' })
    const answer = parseAnswer(block.replace('output 01 sha256', 'output 01 toString'))
    const [first] = answer.kind === 'blocks' ? answer.blocks : []
    expect(Object.keys(first?.outputs['01'] ?? {})).toContain('toString')
    expect(Object.getPrototypeOf(first?.outputs)).toBe(Object.prototype)
  })
})
