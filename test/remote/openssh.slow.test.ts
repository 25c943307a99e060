import { describe, expect, test } from 'vitest'
import { collect, divide } from '../../src/remote/output.ts'
import { masterWords, offerWords, type Habits } from '../../src/remote/openssh-arguments.ts'
import { explainLog } from '../../src/remote/openssh-log.ts'
import type { SshSettings } from '../../src/remote/settings.ts'
import { LoginRefused } from '../../src/remote/troubles.ts'

const settings: SshSettings = {
  address: 'h1.example',
  port: 22,
  user: 'root',
  keyFiles: [],
  identitiesOnly: false,
  knownHostsFiles: [],
  strictness: 'ask',
  jumps: [],
  login: ['ssh', '-J', 'door', '-p', '22', 'h1'],
}
const habits: Habits = {
  keepaliveMs: 3000,
  timeoutMs: 15_000,
  asks: false,
  logOf: hop => `/logs/${hop}`,
}
const party = (more: Partial<SshSettings> = {}) => ({
  host: 'h1',
  hop: 'h1',
  settings: { ...settings, ...more },
})

const hop = (name: string) => ({
  name,
  settings: { ...settings, address: name, login: ['ssh', '-i', `/keys/it's 50%`, name] },
})

const explain = (log: string, more: Partial<SshSettings> = {}) =>
  explainLog(party(more), { log, before: '', aside: '' }, [])

describe('the words for ssh', () => {
  test('are strict before anything of the configuration, and end with the host as a host', () => {
    const words = masterWords(party(), '/dir/master', 'ready', habits)
    expect(words).toContain('StrictHostKeyChecking=yes')
    expect(words.slice(-3, -1)).toEqual(['--', 'h1'])
    expect(words).not.toContain('-J')
    expect(words.indexOf('StrictHostKeyChecking=yes')).toBeLessThan(words.indexOf('-p'))
  })

  test('of a chain of hosts are read by a shell as what they were', () => {
    const chain = party({ jumps: [hop('first'), hop('second')] })
    const words = masterWords(chain, '/dir/master', 'ready', habits)
    const proxy = words.find(word => word.startsWith('ProxyCommand=')) ?? ''
    // Twice the tokens, once for each level that expands them.
    expect(proxy).toContain(`-W '[h1.example]:22'`)
    expect(proxy).toContain('50%%')
    expect(proxy).toContain('50%%%%')
    expect(proxy.match(/StrictHostKeyChecking=yes/g)).toHaveLength(2)
  })

  test('that only look at a key log in nowhere', () => {
    const words = offerWords(party(), '/dir/offered', ['ssh-ed25519'], habits)
    expect(words).toContain('PreferredAuthentications=none')
    expect(words.indexOf('StrictHostKeyChecking=accept-new')).toBeLessThan(
      words.indexOf('StrictHostKeyChecking=yes'),
    )
  })
})

describe('the log of ssh', () => {
  test.each([
    ['ssh: Could not resolve hostname h1: Name or service not known', 'its name does not resolve'],
    ['ssh: connect to host h1 port 22: Connection refused', 'the connection was refused'],
    ['ssh: connect to host h1 port 22: No route to host', 'there is no route to it'],
    ['ssh: connect to host h1 port 22: Connection timed out', 'nothing answers'],
    ['kex_exchange_identification: Connection closed by remote host', 'SSH failed'],
    ['', 'ssh ended without a word'],
  ])('%j is told as NF6003: %s', (log, message) => {
    const error = explain(`debug1: x\r\n${log}\r\n`)
    expect(error).toMatchObject({ problems: [{ code: 'NF6003', host: 'h1' }] })
    expect(error.message).toContain(message)
  })

  test('of too many keys, and of none that would do, are told as NF6004', () => {
    const many = explain('Received disconnect from h1: 2: Too many authentication failures\r\n')
    expect(many).toBeInstanceOf(LoginRefused)
    const denied = explain('root@h1: Permission denied (publickey,gssapi-with-mic).\r\n')
    expect(denied).toMatchObject({ methods: ['publickey', 'gssapi-with-mic'] })
  })

  test('of a configuration that cannot be read is told as NF6006', () => {
    const error = explain(
      '/c: line 2: Bad configuration option: x\r\n/c: terminating, 1 bad configuration options\r\n',
    )
    expect(error).toMatchObject({ problems: [{ code: 'NF6006' }] })
  })

  test('does not steer the terminal', () => {
    const error = explain('root@h1: Permission denied (a\u001B[2Jb).\r\n')
    expect(JSON.stringify(error)).not.toContain('\\u001b')
  })
})

describe('a stream that ends with a mark', () => {
  test.each([1, 2, 3, 5, 100])('is divided there, in pieces of %i', size => {
    const inner = collect(1000)
    const divided = divide('mark=', inner)
    const bytes = Buffer.from('some marmark text\nmark=137')
    for (let at = 0; at < bytes.length; at += size) divided.add(bytes.subarray(at, at + size))
    expect(divided.text()).toBe('some marmark text\n')
    expect(divided.tail()).toBe('137')
  })

  test('is whole where there is none, and waits for nothing else', () => {
    const inner = collect(1000)
    const divided = divide('mark=', inner)
    divided.add(Buffer.from('no mar'))
    expect(inner.text()).toBe('no ')
    expect(divided.tail()).toBeUndefined()
    expect(divided.text()).toBe('no mar')
  })
})
