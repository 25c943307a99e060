import { execa } from 'execa'
import { createHash } from 'node:crypto'
import { appendFile, cp, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { driverPackages, findLabHost } from '../../src/lab/lab.ts'
import type { Ended } from './lab.ts'
import { ready, setBench, valuesOf, wordsOf } from './lab.ts'
import { readNetwork, readOpen, readState, readTimes, readTokens, see } from './state.ts'

const i40e = 'playbooks/i40e-upgrade.yaml'
const source = 'i40e-2.13.10'

/** How a call of nicfix failed. */
function errorOf({ code, err }: Ended) {
  const [, name] = /^error\[(NF\d+)\]:/m.exec(err) ?? []
  return { exit: code, name, saysWhatToDo: /^ {2}next: \S/m.test(err) }
}

/** The host as far as it must not change, and what it holds of transactions. */
async function look(host: string) {
  const [network, files] = [await readNetwork(host), await readTimes(host)]
  return { network, files, open: await readOpen(host), tx: await readTokens(host) }
}

/** What sshd, PAM and systemd write about a session themselves, and the agent by which this test looks. */
const isOfLogin = (path: string): boolean =>
  /^\/(var\/log\/|run\/(log|user|systemd|utmp|sshd|motd|qemu)|run$)/.test(path)

async function replace(file: string, from: string, to: string): Promise<void> {
  const text = await readFile(file, 'utf8')
  if (!text.includes(from)) throw new Error(`${file} has no ${from}`)
  await writeFile(
    file,
    text.replace(from, () => to),
  )
}

describe.runIf(ready.ok)('what cannot work is said, and the host is left alone', () => {
  const bench = setBench()
  let before: Awaited<ReturnType<typeof look>>
  // Every test begins from the same snapshot.
  beforeAll(async () => {
    before = await look(bench.host)
  })

  const apply = (...more: string[]) => bench.nicfix('apply', i40e, '--host', bench.host, ...more)

  /** A copy of the driver's source with something wrong in it, as the values for the playbook. */
  async function spoil(edit: (dir: string) => Promise<void>): Promise<string[]> {
    const dir = await mkdtemp(join(bench.dir, 'source-'))
    const file = driverPackages()[source]?.file ?? ''
    await execa('tar', ['-C', dir, '-xzf', file])
    await edit(join(dir, source, 'src'))
    const packed = join(dir, 'spoilt.tar.gz')
    await execa('tar', ['-C', dir, '-czf', packed, source])
    const sha256 = createHash('sha256')
      .update(await readFile(packed))
      .digest('hex')
    return ['-e', `source=${packed}`, '-e', `sha256=${sha256}`]
  }

  /** The playbook with a few words changed. */
  async function rewrite(from: string, to: string): Promise<string> {
    const file = join(bench.dir, 'changed.yaml')
    await cp(i40e, file)
    await replace(file, from, to)
    return file
  }

  test('looking, planning and asking change no file and no setting of the host', async () => {
    const mark = '/run/mark'
    const settings = `for nic in eno1 eno3; do ethtool $nic; ethtool -k $nic; ethtool -g $nic; ethtool -a $nic; done; cat /proc/modules /proc/mounts`
    const set = await see(bench.host, `touch ${mark}; sleep 1.1; ${settings}`)
    const of = ['--host', bench.host]
    const file = join(bench.dir, 'kept.json')
    for (const [code, ...words] of [
      [0, 'facts', ...of],
      [0, 'plan', i40e, ...of, ...valuesOf(source), '-o', file],
      [0, 'plan', 'playbooks/e1000e-flow-control-off.yaml', ...of],
      [0, 'status', ...of],
      // Looks once more, and is not approved.
      [8, 'apply', '--plan', file, '--approve', '0'.repeat(64)],
    ] as const)
      expect(wordsOf(await bench.nicfix(...words))).toMatch(new RegExp(`^exit ${code}\\n`))
    // Whatever was written, renamed, made or removed leaves its time, or that of its folder, behind.
    const touched = await see(bench.host, `find / -xdev -cnewer ${mark}; find /run -cnewer ${mark}`)
    expect(touched.split('\n').filter(path => !isOfLogin(path))).toEqual([])
    expect(await see(bench.host, settings)).toBe(set)
    expect(await look(bench.host)).toEqual(before)
  })

  test('a source with another sha256 than the wanted one is refused before anything is sent', async () => {
    const wrong = '0'.repeat(64)
    const ended = await apply('-e', `sha256=${wrong}`)
    expect(errorOf(ended)).toMatchObject({ exit: 1, name: 'NF2014', saysWhatToDo: true })
    expect(ended.err).toMatch(/expected +0{64}/)
    expect(ended.err).toMatch(/found +[0-9a-f]{64} \(\d+ bytes\)/)
    expect(await look(bench.host)).toEqual(before)
  })

  test('a source that is not there is named', async () => {
    const ended = await apply('-e', 'source=/nowhere/i40e.tar.gz')
    expect(errorOf(ended)).toMatchObject({ exit: 1, name: 'NF2013', saysWhatToDo: true })
    expect(ended.err).toMatch(/cannot be read: \/nowhere\/i40e\.tar\.gz/)
    expect(ended.err).toMatch(/there is no such file/)
    expect(await look(bench.host)).toEqual(before)
  })

  /** Applies while a path of the host has another name. */
  async function applyWithout(path: string): Promise<Ended> {
    const state = await readState(bench.host)
    await see(bench.host, `mv ${path} ${path}.hidden`)
    const ended = await apply()
    await see(bench.host, `mv ${path}.hidden ${path}`)
    expect(await readState(bench.host)).toBe(state)
    return ended
  }

  test('missing kernel headers are told with the package that brings them', async () => {
    const kernel = await see(bench.host, 'uname -r')
    const ended = await applyWithout(`/lib/modules/${kernel}/build`)
    expect(errorOf(ended)).toMatchObject({ exit: 1, name: 'NF2011', saysWhatToDo: true })
    expect(ended.err).toMatch(new RegExp(`apt install linux-headers-${kernel}`))
  })

  test('a missing compiler is named as the kernel headers name it', async () => {
    const ended = await applyWithout('/usr/bin/gcc-12')
    expect(errorOf(ended)).toMatchObject({ exit: 1, name: 'NF2010', saysWhatToDo: true })
    expect(ended.err).toMatch(/missing +gcc-12/)
  })

  test('a NIC name that the host lacks is told with the names that it has', async () => {
    const file = await rewrite('match: {', 'match: { name: eno9,')
    const ended = await bench.nicfix('apply', file, '--host', bench.host, ...valuesOf(source))
    expect(errorOf(ended)).toMatchObject({ exit: 1, name: 'NF2001', saysWhatToDo: true })
    expect(ended.err).toMatch(/no NIC named eno9/)
    expect(ended.err).toMatch(/found +eno1 e1000e/)
    expect(ended.err).toMatch(/found +eno3 i40e/)
    expect(await look(bench.host)).toEqual(before)
  })

  test('a host without any NIC of the driver is told so', async () => {
    const file = await rewrite('driver: i40e', 'driver: ixgbe')
    const ended = await bench.nicfix('apply', file, '--host', bench.host, ...valuesOf(source))
    expect(errorOf(ended)).toMatchObject({ exit: 1, name: 'NF2002', saysWhatToDo: true })
    expect(ended.err).toMatch(/expected +.*ixgbe/)
    expect(ended.err).toMatch(/found +eno3 i40e/)
    expect(await look(bench.host)).toEqual(before)
  })

  test('an unknown key of a playbook is pointed at, with what was probably meant', async () => {
    const file = await rewrite('refuse-when:', 'refuse-wen:')
    const lines = (await readFile(file, 'utf8')).split('\n')
    const line = lines.findIndex(each => each.startsWith('refuse-wen:')) + 1
    const ended = await bench.nicfix('apply', file, '--host', bench.host)
    expect(errorOf(ended)).toMatchObject({ exit: 65, name: 'NF1007', saysWhatToDo: true })
    expect(ended.err).toMatch(new RegExp(`--> ${file}:${line}:1$`, 'm'))
    expect(ended.err).toMatch(/^ *\| \^{10} did you mean "?refuse-when"?/m)
    expect(await look(bench.host)).toEqual(before)
  })

  test('a playbook that is not there is named', async () => {
    const ended = await bench.nicfix('apply', '/nowhere/book.yaml', '--host', bench.host)
    expect(errorOf(ended)).toMatchObject({ exit: 65, name: 'NF1001', saysWhatToDo: true })
    expect(ended.err).toMatch(/\/nowhere\/book\.yaml/)
    expect(await look(bench.host)).toEqual(before)
  })

  /** Reaches the lab host by an alias of an own ssh configuration. */
  async function applyByAlias(known: string, port?: number): Promise<Ended> {
    const login = findLabHost(bench.host)
    if (!login) throw new Error(`${bench.host} is not up`)
    const knownHosts = join(bench.dir, 'known_hosts')
    await writeFile(knownHosts, known)
    const config = join(bench.dir, 'ssh_config')
    const lines = [
      'Host somewhere',
      `  HostName ${login.address}`,
      `  Port ${port ?? login.port}`,
      '  User root',
      `  IdentityFile ${login.keyFile}`,
      '  IdentitiesOnly yes',
      `  UserKnownHostsFile ${knownHosts}`,
      '  GlobalKnownHostsFile /dev/null',
      '  StrictHostKeyChecking no',
    ]
    await writeFile(config, `${lines.join('\n')}\n`)
    const values = ['--yes', '--ssh-config', config, ...valuesOf(source)]
    return bench.nicfix('apply', i40e, '--host', 'somewhere', ...values)
  }

  test('an unknown host key is not trusted, whatever the ssh configuration says', async () => {
    const ended = await applyByAlias('')
    expect(errorOf(ended)).toMatchObject({ exit: 4, name: 'NF6001', saysWhatToDo: true })
    expect(ended.err).toMatch(/offered +ssh-ed25519 SHA256:/)
    expect(ended.err).toMatch(/is always strict/)
    expect(await readFile(join(bench.dir, 'known_hosts'), 'utf8')).toBe('')
    expect(await look(bench.host)).toEqual(before)
  })

  test('a changed host key is shown beside the known one', async () => {
    const port = findLabHost(bench.host)?.port
    const other = join(bench.dir, 'other')
    await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', other])
    const [type, key] = (await readFile(`${other}.pub`, 'utf8')).split(' ')
    const ended = await applyByAlias(`[127.0.0.1]:${port} ${type} ${key}\n`)
    const line = new RegExp(`known +ssh-ed25519 SHA256:\\S+ +${bench.dir}/known_hosts:1$`, 'm')
    expect(errorOf(ended)).toMatchObject({ exit: 4, name: 'NF6002', saysWhatToDo: true })
    expect(ended.err).toMatch(line)
    expect(ended.err).toMatch(/offered +ssh-ed25519 SHA256:/)
    expect(await look(bench.host)).toEqual(before)
  })

  test('a port where nothing listens is told as such', async () => {
    // Port 1 (tcpmux) is served nowhere these days.
    const ended = await applyByAlias('', 1)
    expect(errorOf(ended)).toMatchObject({ exit: 4, name: 'NF6003', saysWhatToDo: true })
    expect(ended.err).toMatch(/the connection was refused/)
    expect(ended.err).toMatch(/127\.0\.0\.1 port 1$/m)
    expect(await look(bench.host)).toEqual(before)
  })

  test('a source that does not compile ends before the trial, with the words of the compiler', async () => {
    const values = await spoil(src =>
      appendFile(join(src, 'i40e_main.c'), 'this is not a declaration;\n'),
    )
    const ended = await apply(...values)
    expect(errorOf(ended)).toMatchObject({ exit: 1, name: 'NF4002', saysWhatToDo: true })
    expect(ended.err).toMatch(/make failed/)
    expect(ended.err).toMatch(/i40e_main\.c:\d+:\d+: error: /)
    const tx: unknown = expect.stringMatching(/^\S+ cancelled$/)
    expect(await look(bench.host)).toEqual({ ...before, tx })
    expect(ended.out).toContain('nothing was changed')
  })

  test('a module that its Makefile strips of the symbol table is never loaded', async () => {
    const make = 'M=$(CURDIR) modules\n'
    const values = await spoil(src =>
      replace(join(src, 'Makefile'), make, `${make}\tstrip i40e.ko\n`),
    )
    const ended = await apply(...values)
    expect(errorOf(ended)).toMatchObject({ exit: 1, name: 'NF4002', saysWhatToDo: true })
    expect(ended.err).toMatch(/symbol table/)
    const tx: unknown = expect.stringMatching(/^\S+ cancelled$/)
    expect(await look(bench.host)).toEqual({ ...before, tx })
    expect(await see(bench.host, 'dmesg')).not.toMatch(/no symbols|Invalid module/i)
  })
})
