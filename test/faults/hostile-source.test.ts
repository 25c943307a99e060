import { gzipSync } from 'node:zlib'
import { pack } from 'tar-stream'
import type { Header } from 'tar-stream'
import { afterEach, describe, expect, it } from 'vitest'
import { stageCommand, txCommand } from '../../src/host/protocol.ts'
import { packWhole } from '../host/pack.ts'
import { differences, sha256 } from '../host/sim/disk.ts'
import { token } from '../host/sim/fresh.ts'
import { Scenario, id, tx } from './scenario.ts'

// What root unpacks on a host: archives of driver sources, and the one that nicfix sends itself.
let scenario: Scenario
afterEach(() => scenario?.end())

type Member = Partial<Header> & { readonly name: string; readonly text?: string }

async function packOf(members: readonly Member[]): Promise<Buffer> {
  const tar = pack()
  for (const { text = '', ...header } of members) tar.entry({ mode: 0o644, ...header }, text)
  tar.finalize()
  const pieces: Uint8Array[] = []
  for await (const piece of tar as AsyncIterable<Uint8Array>) pieces.push(piece)
  return Buffer.concat(pieces)
}

/** A build from a source with these members beside the ones that it takes. */
async function stageSource(members: readonly Member[]): Promise<void> {
  const good = [
    { name: 'i40e/src/Makefile', text: 'all:\n' },
    { name: 'i40e/src/module.txt', text: '- i40e\n' },
  ]
  const source = gzipSync(await packOf([...members, ...good]))
  const { job, host } = scenario
  const changes = job.plan.changes.map(change =>
    change.kind === 'build-module' ? { ...change, sha256: sha256(source) } : change,
  )
  const { archive, sumsSha256 } = await packWhole({
    id,
    plan: { ...job.plan, changes },
    payloads: new Map([[sha256(source), source]]),
    script: host.script,
    token,
    over: 'local',
    digest: 'sha256:0',
    playbook: 'hostile',
    controller: 'test@here',
  })
  expect(await host.run(stageCommand(id, sumsSha256), archive)).toMatchObject({ code: 0 })
}

const build = `${tx}/c/01/build`
const isOutside = (path: string) => !path.startsWith('/var/lib/nicfix')

const tricks: readonly [string, readonly Member[]][] = [
  ['that climb out', [{ name: '../../../../../../../../etc/evil', text: 'x' }]],
  ['that climb out on the way', [{ name: 'i40e/../../../../../../../../etc/evil', text: 'x' }]],
  ['with absolute names', [{ name: '/etc/evil', text: 'x' }]],
  [
    'behind a link to a folder outside',
    [
      { name: 'i40e/out', type: 'symlink', linkname: '/etc' },
      { name: 'i40e/out/evil', text: 'x' },
    ],
  ],
  [
    'behind a link that climbs out',
    [
      { name: 'i40e/out', type: 'symlink', linkname: '../../../../../../../../etc' },
      { name: 'i40e/out/evil', text: 'x' },
    ],
  ],
  [
    'in the place of a link to a file outside',
    [
      { name: 'i40e/file', type: 'symlink', linkname: '/etc/machine-id' },
      { name: 'i40e/file', text: 'x' },
    ],
  ],
  [
    'in the place of a hard link to a file outside',
    [
      { name: 'i40e/file', type: 'link', linkname: '/etc/machine-id' },
      { name: 'i40e/file', text: 'x' },
    ],
  ],
  [
    'in the place of a hard link that climbs out',
    [
      { name: 'i40e/file', type: 'link', linkname: '../../../../../../../../etc/machine-id' },
      { name: 'i40e/file', text: 'x' },
    ],
  ],
]

describe.each(['GNU tar', 'busybox tar'])('a source of a driver, unpacked by %s,', which => {
  const begin = async () => {
    scenario = await Scenario.start({ playbook: 'i40e-upgrade' })
    if (which === 'busybox tar') scenario.tool('tar', 'exec /usr/bin/busybox tar "$@"')
  }

  it.each(tricks)('with members %s writes nothing outside of its folder', async (_how, members) => {
    await begin()
    await stageSource(members)
    const before = scenario.host.disk()
    await scenario.host.run(txCommand(id, 'build'))
    expect(differences(before, scenario.host.disk(), isOutside)).toEqual([])
  })

  it('belongs to root as a whole, and nothing in it is open to others', async () => {
    await begin()
    await stageSource([
      { name: 'i40e/setuid', mode: 0o6755, text: 'x', uid: 1000, gid: 1000, uname: 'bob' },
      { name: 'i40e/open', mode: 0o777, text: 'x', uid: 1000, gid: 1000 },
      { name: 'i40e/folder', type: 'directory', mode: 0o3777, uid: 1000, gid: 1000 },
    ])
    await scenario.host.run(txCommand(id, 'build'))
    const found = [...scenario.host.disk()].filter(([path]) => path.startsWith(`${build}/i40e/`))
    const modes = found.map(
      ([path, { mode, owner }]) => `${path.slice(build.length)} ${mode} ${owner}`,
    )
    expect(modes.length).toBeGreaterThan(3)
    expect(modes.filter(line => !/ [0-7]{2}00 0:0$/.test(line))).toEqual([])
  })
})

describe('what is sent to stage a run', () => {
  it('has no name but plain ones, whatever a plan says', async () => {
    scenario = await Scenario.start({ playbook: 'i40e-upgrade' })
    const { plan, payloads } = scenario.job
    const [first] = plan.changes
    const about = {
      payloads,
      script: '',
      token,
      over: 'local',
      digest: '',
      playbook: '../x',
      controller: '$(id)\n/x',
    } as const
    for (const odd of ['..', '/1', '1/', '*', '01\n'])
      await expect(
        packWhole({ id, plan: { ...plan, changes: [{ ...first!, id: odd }] }, ...about }),
      ).rejects.toThrow(/not a change: .*two digits/)
    for (const odd of [
      '..',
      '../../etc',
      'a;b',
      '$(id)',
      '-rf',
      '20260101-0000-aaaa\n',
      'x'.repeat(41),
    ])
      await expect(packWhole({ id: odd, plan, ...about })).rejects.toThrow(/not a transaction id/)
    const { files } = await packWhole({ id, plan, ...about })
    const plainName = /^(nicfix\.sh|SHA256SUMS|m\/[a-z-]+|c\/\d\d\/[a-z0-9.-]+)$/
    expect([...files.keys()].filter(name => !plainName.test(name))).toEqual([])
  })
})
