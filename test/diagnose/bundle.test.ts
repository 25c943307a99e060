import { execFile } from 'node:child_process'
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { pack } from 'tar-stream'
import type { Header } from 'tar-stream'
import { afterAll, describe, expect, it } from 'vitest'
import { writeBundle } from '../../src/cli/bundle-file.ts'
import { mendSums } from '../fuzz/tar.ts'
import { readInput } from '../../src/cli/read-input.ts'
import { diagnose } from '../../src/diagnose/diagnose.ts'
import { diagnosisSchema } from '../../src/model/diagnosis.ts'
import { idsOf, port, readings } from './make.ts'

const folder = mkdtempSync(join(tmpdir(), 'nicfix-diagnose-'))
afterAll(() => rmSync(folder, { recursive: true }))

const hang = '[ 4000.0] e1000e 0000:00:1f.6 eth9: Detected Hardware Unit Hang:\n'
const log = `[ 10.0] e1000e 0000:00:1f.6 eno1: NIC Link is Down\n${hang}`

type File = readonly [name: string, content: string, more?: Partial<Header>]

async function tar(files: readonly File[]): Promise<Buffer> {
  const out = pack()
  for (const [name, content, more] of files) out.entry({ name, ...more }, content)
  out.finalize()
  const pieces: Uint8Array[] = []
  for await (const piece of out as AsyncIterable<Uint8Array>) pieces.push(piece)
  return Buffer.concat(pieces)
}

let count = 0
function keep(bytes: Uint8Array | string): string {
  count += 1
  const path = join(folder, `input-${count}`)
  writeFileSync(path, bytes)
  return path
}

async function ask(bytes: Uint8Array | string, since: number | null = null) {
  const { gathered, collected } = await readInput(keep(bytes), since)
  return diagnose(gathered, { nicfix: '0.1.0', host: null, nic: null }, collected)
}

const parts = { ...port(), ...readings({ rx_missed_errors: 5 }), 'log/dmesg': log }

describe('a bundle', () => {
  it('is kept for its owner alone, is never written over, and is read as what it was made of', async () => {
    const path = join(folder, 'out.tgz')
    await writeBundle(path, new Map(Object.entries(parts)))
    expect(statSync(path).mode & 0o777).toBe(0o600)
    await expect(writeBundle(path, new Map())).rejects.toThrow(
      /^NF3006: the bundle cannot be written: EEXIST/,
    )
    const found = await ask(readFileSync(path))
    expect(idsOf(found)).toEqual(['e1000e-hang', 'ring-full'])
    expect(found).toMatchObject({
      host: 'h1',
      watchedSeconds: 60,
      ports: [{ name: 'eno1', version: '6.1.0-50-amd64' }],
    })
  })

  it('says the same whether its logs come first or last, and compressed or not', async () => {
    const files = Object.entries(parts).map(([name, content]): File => [name, content])
    const [one, other] = [await tar(files), await tar(files.toReversed())]
    const first = await ask(gzipSync(one))
    expect(await ask(gzipSync(other))).toEqual(first)
    expect(await ask(one)).toEqual(first)
  })

  it('leaves out what is older than was asked for, by the clocks of its host', async () => {
    const found = await ask(
      await tar(Object.entries(parts).map(([name, content]): File => [name, content])),
      1200,
    )
    expect(found.ignored).toMatchObject([{ why: 'before the time that was asked for', at: '10.0' }])
    expect(idsOf(found)).toEqual(['e1000e-hang', 'ring-full'])
    const later = await ask(
      await tar(Object.entries(parts).map(([name, content]): File => [name, content])),
      900,
    )
    expect(later.ignored).toMatchObject([{ why: 'before the time that was asked for', count: 2 }])
    expect(idsOf(later)).toEqual(['ring-full'])
  })
})

describe('a hostile bundle', () => {
  it('writes nothing, and only files of known names count', async () => {
    const before = readdirSync(folder).length
    const found = await ask(
      await tar([
        ['meta', 'host h1; reboot\nkernel 6.1\n'],
        ['../../../tmp/nicfix-evil', 'x'],
        ['/etc/nicfix-evil', 'x'],
        ['log/../../evil', hang],
        ['log/dmesg', '', { type: 'symlink', linkname: '/etc/passwd' }],
        ['log/null', '', { type: 'character-device' }],
        ['nic/../info', 'driver: e1000e\nbus-info: 0000:00:1f.6\n'],
        ['nic/$(reboot)/info', 'driver: e1000e\nbus-info: 0000:00:1f.6\n'],
        ['reading/1', 'uptime NaN\n'],
        ['reading/2', '\u001b[2J'],
      ]),
    )
    expect(found).toMatchObject({ host: 'HOST', ports: [], logs: [], exitCode: 0 })
    expect(readdirSync(folder)).toHaveLength(before + 1)
    expect([existsSync('/tmp/nicfix-evil'), existsSync('/etc/nicfix-evil')]).toEqual([false, false])
  })

  it('with too many files, cut, or of something else is refused', async () => {
    const many = Array.from({ length: 5000 }, (_, at): File => [`x/${at}`, ''])
    await expect(ask(await tar(many))).rejects.toThrow(/^NF3006.*more than 4096 files/)
    const whole = gzipSync(
      await tar(Object.entries(parts).map(([name, content]): File => [name, content])),
    )
    await expect(ask(whole.subarray(0, whole.length - 40))).rejects.toThrow(/^NF3006/)
    const endless = await tar([['meta', 'host h1\n']])
    endless[124] = 0x96
    await expect(ask(mendSums(endless))).rejects.toThrow(/^NF3006.*does not say how large meta is/)
    await expect(ask(await tar([['x', 'y']]))).rejects.toThrow(/^NF3006.*nothing in it/)
    await expect(readInput(join(folder, 'none'), null)).rejects.toThrow(/^NF3006: none: ENOENT/)
  })

  it('with a part that is too large has only its start read', async () => {
    const large = `driver: e1000e\nbus-info: 0000:00:1f.6\n${'x'.repeat(3_000_000)}`
    const found = await ask(
      gzipSync(
        await tar([
          ['nic/eno1/info', large],
          ['log/dmesg', hang],
        ]),
      ),
    )
    expect(found.ports).toMatchObject([{ name: 'eno1', driver: 'e1000e' }])
  })
})

describe('a log alone', () => {
  it('may be gzipped', async () => {
    expect(idsOf(await ask(gzipSync(log)))).toEqual(['e1000e-hang'])
  })

  it('counts back from its last line', async () => {
    expect(idsOf(await ask(`${hang}[ 9000.0] usb 1-1: new device\n`, 5000))).toEqual([
      'e1000e-hang',
    ])
    expect(idsOf(await ask(`${hang}[ 9001.0] usb 1-1: new device\n`, 5000))).toEqual([])
    await expect(ask('no time\n', 60)).rejects.toThrow(
      /^NF3006.*--since needs a file whose lines have a time/,
    )
  })
})

const door = new URL('../../src/main.js', import.meta.url).pathname

function nicfix(stdin: string, ...argv: readonly string[]) {
  return new Promise<{ code: number; stdout: string; stderr: string }>(resolve => {
    const child = execFile(process.execPath, [door, 'diagnose', ...argv], (_e, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    )
    child.stdin?.end(stdin)
  })
}

describe('the command', () => {
  it('ends with 2 where it found something, and with 0 where not', async () => {
    const found = await nicfix(hang, '--from', '-', '--host', 'h1')
    expect(found).toMatchObject({ code: 2, stderr: '' })
    expect(found.stdout).toContain('next: nicfix plan playbooks/offload-off.yaml --host h1\n')
    expect(found.stdout).not.toContain('\u001B')
    expect(await nicfix('[ 1.0] all is well\n', '--from', '-')).toMatchObject({
      code: 0,
      stderr: '',
    })
  })

  it('prints JSON as its schema says, and Markdown', async () => {
    const { stdout } = await nicfix(hang, '--from', '-', '--json')
    const diagnosis = diagnosisSchema.parse(JSON.parse(stdout))
    expect(diagnosis.ports[0]?.findings[0]?.playbook?.name).toBe('offload-off')
    expect((await nicfix(hang, '--from', '-', '--format', 'md')).stdout).toMatch(
      /^### nicfix diagnosis of `HOST`\n/,
    )
  })

  it.each([
    [['--from', '-', '--watch', '60s'], 64],
    [['--from', '-', '--host', 'a,b'], 64],
    [['--since', 'yesterday', '--from', '-'], 64],
    [['--watch', '2d', '--host', 'localhost'], 64],
    [['--from', '/none'], 65],
    [['--from', '-', '--nic', 'eno7'], 1],
    [[], 64],
  ])('ends %j with %i, and nothing on standard output', async (argv, code) => {
    const ended = await nicfix(hang, ...argv)
    expect(ended).toMatchObject({ code, stdout: '' })
    expect(ended.stderr).toMatch(/^error/)
  })
})
