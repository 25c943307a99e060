import { describe, expect, it } from 'vitest'
import { readLine } from '../../../src/diagnose/log/line.ts'
import { lastMoment } from '../../../src/diagnose/log/last.ts'

const text = 'e1000e 0000:00:1f.6 eno1: NIC Link is Down'

describe('the time and the message of a line', () => {
  it.each([
    ['[28573.723606] T', 'dmesg', '28573.723606', 28573.723606],
    ['[    0.000000] T', 'dmesg', '0.000000', 0],
    ['[ 1715.726582][   C28] T', 'dmesg', '1715.726582', 1715.726582],
    ['[ 2491.400736] [    T240] T', 'dmesg', '2491.400736', 2491.400736],
    ['<4>[28573.723606] T', 'dmesg', '28573.723606', 28573.723606],
    ['kern  :warn  : [28573.723606] T', 'dmesg', '28573.723606', 28573.723606],
    ['[Thu Nov  5 16:44:42 2020] T', 'dmesg', 'Thu Nov  5 16:44:42 2020', 1604594682],
    [
      '2020-11-05T16:44:42,500000+01:00 T',
      'dmesg',
      '2020-11-05T16:44:42,500000+01:00',
      1604591082.5,
    ],
    ['[Nov 5 16:44] T', 'dmesg', 'Nov 5 16:44', null],
    ['[  +0.000093] T', 'dmesg', '+0.000093', null],
    ['Sep 27 06:28:58 [ 1715.726582][   C28] T', 'dmesg', 'Sep 27 06:28:58', 970036138],
    ['Nov  5 16:44:42 web1 kernel: T', 'syslog', 'Nov  5 16:44:42', 973442682],
    ['Nov  5 16:44:42 web1 kernel: [17931.394007] T', 'syslog', 'Nov  5 16:44:42', 973442682],
    [
      'Nov  5 16:44:42 web1 kern.warn kernel: [17931.394007] T',
      'syslog',
      'Nov  5 16:44:42',
      973442682,
    ],
    ['Nov 05 16:44:42.123456 web1 kernel: T', 'syslog', 'Nov 05 16:44:42.123456', 973442682.123456],
    ['2020-11-05T16:44:42+0100 web1 kernel: T', 'syslog', '2020-11-05T16:44:42+0100', 1604591082],
    [
      '2020-11-05T16:44:42.123456-05:00 web1 kernel: [17931.394007] T',
      'syslog',
      '2020-11-05T16:44:42.123456-05:00',
      1604612682.123456,
    ],
    ['Thu 2020-11-05 16:44:42 CET web1 kernel: T', 'syslog', '2020-11-05 16:44:42', 1604594682],
    ['1604590000.123456 web1 kernel: T', 'syslog', '1604590000.123456', 1604590000.123456],
    ['[17931.394007] web1 kernel: T', 'journal', '17931.394007', 17931.394007],
    [
      '<4>1 2020-11-05T16:44:42.123Z web1 kernel - - - T',
      'syslog',
      '2020-11-05T16:44:42.123Z',
      1604594682.123,
    ],
    ['kernel: T', 'syslog', null, null],
    ['  > [28573.723606] T', 'dmesg', '28573.723606', 28573.723606],
  ])('%s', (line, format, at, seconds) => {
    const read = readLine(line.slice(0, -1) + text)
    expect(read).toMatchObject({ format, kernel: true, text })
    expect(read?.at?.text ?? null).toBe(at)
    const found = read?.at?.seconds ?? null
    expect(found === null || seconds === null ? found : Math.abs(found - seconds) < 1e-4).toBe(
      seconds === null ? null : true,
    )
  })

  it('of a journal in JSON, also where the message is an array of bytes', () => {
    const fields = {
      _TRANSPORT: 'kernel',
      _HOSTNAME: 'web1',
      __REALTIME_TIMESTAMP: '1604590000123456',
    }
    for (const MESSAGE of [text, [...Buffer.from(text)]]) {
      expect(readLine(JSON.stringify({ ...fields, MESSAGE }))).toMatchObject({
        format: 'json',
        host: 'web1',
        kernel: true,
        text,
        at: { text: '2020-11-05T15:26:40.123Z' },
      })
    }
  })
})

describe('a line of another program', () => {
  it.each([
    `Nov  5 16:44:42 web1 sshd[4711]: ${text}`,
    `2020-11-05T16:44:42+0100 web1 logger: ${text}`,
    `[17931.394007] web1 bash[1]: ${text}`,
    JSON.stringify({ _TRANSPORT: 'stdout', SYSLOG_IDENTIFIER: 'app', MESSAGE: text }),
  ])('is none of the kernel: %s', line => {
    expect(readLine(line)).toMatchObject({ kernel: false })
  })
})

describe('a line without a prefix', () => {
  it.each([
    '  TDH                  <a2>',
    text,
    '',
    '{',
    '{"MESSAGE": 7}',
    '[not a time] x',
    '-- Reboot --',
    '[',
    ']',
  ])('is none of its own: %j', line => expect(readLine(line)).toBeNull())
})

describe('the last time of a log', () => {
  it('is that of the last line that has one', () => {
    expect(lastMoment(`[ 1.0] a\n[ 2.5] b\n  more\n`)).toMatchObject({
      seconds: 2.5,
      clock: 'uptime',
    })
    expect(lastMoment('nothing\n')).toBeNull()
  })
})
