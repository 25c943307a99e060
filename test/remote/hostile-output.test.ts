import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseAnswer } from '../../src/host/protocol.ts'
import type { Connection } from '../../src/remote/host.ts'
import { collect, defaultLimitBytes, divide } from '../../src/remote/output.ts'
import { hearAfter } from '../../src/remote/rights.ts'
import { sshHost } from '../../src/remote/ssh.ts'
import { toJson } from '../../src/report/json.ts'
import { writeEvents } from '../../src/report/events.ts'
import { renderStatus } from '../../src/report/status.ts'
import { makeDirectory, makeKey, makeSettings, startServer } from './server.ts'

// A host that wants to harm whoever looks at it: output without end, of any bytes.
const mebibyte = 1024 * 1024

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

function held(): number {
  collectGarbage()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return (heapUsed + arrayBuffers) / mebibyte
}

/** What is held after all garbage is gone, in MiB more than before. */
async function heldBy(work: () => unknown): Promise<number> {
  const before = held()
  const kept = await work()
  const after = held()
  // Used after it was measured, so that it is there until then.
  expect(kept).toBeDefined()
  return after - before
}

describe('output of gigabytes', () => {
  test('are not kept beyond the limit', async () => {
    const piece = Buffer.alloc(mebibyte, 'x')
    const growth = await heldBy(() => {
      const output = collect(defaultLimitBytes)
      for (let at = 0; at < 10 * 1024; at += 1) output.add(piece)
      expect(output.text().length).toBe(defaultLimitBytes)
      return output
    })
    expect(growth).toBeLessThan(defaultLimitBytes / mebibyte + 16)
  })

  test('behind the mark that ends a command are not kept at all', async () => {
    const piece = Buffer.alloc(mebibyte, 'x')
    const growth = await heldBy(() => {
      const output = divide('mark=', collect(defaultLimitBytes))
      output.add(Buffer.from('before mark='))
      for (let at = 0; at < 10 * 1024; at += 1) output.add(piece)
      expect(output.text()).toBe('before ')
      expect(output.tail()?.length).toBeLessThan(100)
      return output
    })
    expect(growth).toBeLessThan(8)
  })

  test('before the mark of sudo are not kept, and what comes after it is heard all the same', async () => {
    const heard: string[] = []
    const growth = await heldBy(() => {
      const listen = hearAfter('mark', text => void heard.push(text))
      for (let at = 0; at < 4096; at += 1) listen('x'.repeat(64 * 1024))
      listen('ma')
      listen('rk\nnow')
      return listen
    })
    expect(heard).toEqual(['now'])
    expect(growth).toBeLessThan(8)
  })
})

test('a status behind the mark is read whole, however it is cut', () => {
  const text = Buffer.from('out mark=137')
  for (const size of [1, 2, 7, 100]) {
    const output = divide('mark=', collect(100))
    for (let at = 0; at < text.length; at += size) output.add(text.subarray(at, at + size))
    expect([output.text(), output.tail()]).toEqual(['out ', '137'])
  }
})

test('output in single bytes costs no more than the same in large pieces', async () => {
  const growth = await heldBy(() => {
    const output = collect(defaultLimitBytes)
    for (let packet = 0; packet < 2000; packet += 1) {
      const bytes = Buffer.alloc(64 * 1024, 'ä')
      for (let at = 0; at < 500; at += 1) output.add(bytes.subarray(at, at + 1))
    }
    expect(output.text()).toBe('ä'.repeat(500_000))
    return output
  })
  expect(growth).toBeLessThan(8)
})

describe('a host over SSH', () => {
  let connection: Connection
  const closers: (() => unknown)[] = []
  beforeAll(async () => {
    const base = await makeDirectory()
    const [hostKey, userKey] = [await makeKey(base.dir, 'host'), await makeKey(base.dir, 'user')]
    const server = await startServer({ hostKey: hostKey.file, accept: [userKey.blob] })
    const settings = await makeSettings(server.port, hostKey.public, userKey.file)
    connection = await sshHost('h1', settings).connect()
    closers.push(base.remove, server.close, () => connection.close())
  })
  afterAll(async () => {
    for (const close of closers.toReversed()) await close()
  })

  test('that writes without end is left at the time limit, with the head of what it wrote', async () => {
    const growth = await heldBy(async () => {
      const exit = await connection.run('exec cat /dev/zero', {
        timeoutMs: 1000,
        limitBytes: 100_000,
      })
      expect(exit).toMatchObject({ kind: 'lost', why: 'no end within 1 s' })
      expect(exit.stdout).toBe('\0'.repeat(100_000))
      return exit
    })
    expect(growth).toBeLessThan(32)
  })

  test('may answer with any bytes', async () => {
    const command = `printf '\\377\\376\\000\\033[2J\\302\\233'; printf '\\355\\240\\200' >&2`
    const exit = await connection.run(command, { timeoutMs: 10_000 })
    expect(exit).toMatchObject({ kind: 'exited', code: 0, stdout: '\ufffd\ufffd\0\u001b[2J\u009b' })
    expect(exit.stderr).toMatch(/^\ufffd+$/)
  })
})

const steering = '\u001b]0;x\u0007\u001b[2J\u009b31m\u202e\u2066\u007f\r'
// oxlint-disable-next-line no-control-regex -- control characters are what this is about
const steers = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/

describe('what a host says of its runs', () => {
  const block = (line: string) =>
    parseAnswer(
      `nicfix-tx 1\nid 20260101-0000-aaaa\nplaybook p${steering}\nstate failed\nphase ended\nguard dead\nwatch dead\ndeadline -\nboot same\n${line}\nend\n`,
    )

  test('is shown without anything that steers a terminal', () => {
    const answer = block(`event 1 12 01 stuck no ${steering} way`)
    if (answer.kind !== 'blocks') throw new Error(answer.why)
    const [found] = answer.blocks
    expect(renderStatus('h1', found!.status)).not.toMatch(steers)
    expect(renderStatus('h1', found!.status)).toContain('\\x1b]0;x\\x07')
  })

  test.each([
    `event 1 12 ${steering.trimEnd()} stuck x`,
    'event 1 12 __proto__ stuck x',
    'output __proto__ key value',
    'output ../.. key value',
    `output ${steering.trimEnd()} key value`,
  ])('is about a change by its number, or not read at all: %j', line => {
    expect(block(line)).toMatchObject({ kind: 'unreadable' })
    expect(Object.keys({})).toEqual([])
    expect(({} as Record<string, unknown>)['key']).toBeUndefined()
  })
})

test('JSON steers no terminal either, and is the same to whoever parses it', () => {
  const value = { [steering]: [steering, 'ä', '\u2028'], text: 'plain' }
  for (const text of [toJson(value), toJson(value, 2)]) {
    expect(text).not.toMatch(steers)
    expect(text).toContain('ä')
    expect(JSON.parse(text)).toEqual(value)
  }
  const lines: string[] = []
  writeEvents(
    line => void lines.push(line),
    () => new Date(0),
  ).emit({ type: 'note', data: { text: steering } })
  expect(lines.join('')).not.toMatch(steers)
})
