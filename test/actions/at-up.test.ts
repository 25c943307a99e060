import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { addEthtoolOptions } from '../../src/actions/ifcfg.ts'
import { sha256 } from '../../src/actions/text.ts'
import type { Facts, FileFact } from '../../src/model/facts.ts'
import { plan, readFacts, refusals, withFile } from '../plan/make.ts'

const name = 'e1000e-flow-control-off'
const ifcfg = '/etc/sysconfig/network-scripts/ifcfg-eno1'
const dispatcher = '/etc/NetworkManager/dispatcher.d/50-nicfix-eno1'
const fileOf = (path: string, text: string | null, mode = '0644'): FileFact => ({
  kind: 'file',
  mode,
  owner: '0:0',
  sha256: sha256(text ?? ''),
  text,
  realPath: path,
})
const plain = 'DEVICE=eno1\nBOOTPROTO=none\nONBOOT=yes\n'
// As CentOS 7 and 8 have them: systemd 219 and 239 know no pause in .link files.
const centos: Facts = { ...readFacts(), networkStacks: ['initscripts'], udev: 219 }
const having = (text: string, facts = centos) => withFile(facts, ifcfg, fileOf(ifcfg, text))
const networkManager = { ...having(plain), networkStacks: ['NetworkManager', 'initscripts'] }

const writes = (facts: Facts) =>
  plan(name, facts).changes.flatMap(change =>
    change.kind === 'write-file' && 'text' in change.content
      ? [{ ...change, text: change.content.text }]
      : [],
  )

describe('a port that the initscripts bring up', () => {
  it('has its setting in ETHTOOL_OPTS, and a new negotiation after it', () => {
    expect(writes(having(plain))).toMatchObject([
      {
        path: ifcfg,
        mode: '0644',
        text: `${plain}ETHTOOL_OPTS="-A eno1 autoneg off rx off tx off; -r eno1"\n`,
      },
    ])
  })

  it('needs nothing when that is there, and warns that the link comes up before it is set', () => {
    const [write] = writes(having(plain))
    expect(writes(having(write?.text ?? ''))).toEqual([])
    expect(plan(name, having(plain)).warnings.join()).toContain(
      'a moment after its link has come up',
    )
  })

  it.each<[string, Facts, RegExp]>([
    ['no such file', centos, /NF2030.*no file of the initscripts/],
    ['a password in it', withFile(centos, ifcfg, fileOf(ifcfg, null)), /NF2030.*a password/],
    [
      'another word of its own',
      having('ETHTOOL_OPTS="-A eno1 rx on"\n'),
      /NF2030.*"-A eno1 rx on" already/,
    ],
  ])('is refused: %s', (_, facts, says) => {
    expect(refusals(name, facts).join('\n')).toMatch(says)
  })
})

const add = (text: string) => addEthtoolOptions(text, ['-A eno1 rx off', '-r eno1'])

describe('ETHTOOL_OPTS', () => {
  const both = '-A eno1 rx off; -r eno1'

  it.each([
    ['', `ETHTOOL_OPTS="${both}"\n`],
    ['A=1', `A=1\nETHTOOL_OPTS="${both}"\n`],
    ['#ETHTOOL_OPTS="x"\nB=2\n', `#ETHTOOL_OPTS="x"\nB=2\nETHTOOL_OPTS="${both}"\n`],
    ['ETHTOOL_OPTS="wol g"\nB=2\n', `ETHTOOL_OPTS="wol g; ${both}"\nB=2\n`],
    ["ETHTOOL_OPTS='-K eno1 tso off;'\r\n", `ETHTOOL_OPTS="-K eno1 tso off; ${both}"\r\n`],
    ['ETHTOOL_OPTS=\n', `ETHTOOL_OPTS="${both}"\n`],
    [`ETHTOOL_OPTS="${both}"\n`, `ETHTOOL_OPTS="${both}"\n`],
    ['ETHTOOL_OPTS="-r eno1"\n', 'ETHTOOL_OPTS="-r eno1; -A eno1 rx off"\n'],
  ])('%j becomes %j, which a shell reads', (text, after) => {
    expect(add(text)).toEqual({ text: after })
    const script = `${after.replaceAll('\r', '')}\nprintf %s "$ETHTOOL_OPTS"`
    const items = execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split(/; ?/)
    expect(items).toEqual(expect.arrayContaining(['-A eno1 rx off', '-r eno1']))
  })

  it.each([
    'ETHTOOL_OPTS="-A ${DEVICE} rx on"\n',
    'ETHTOOL_OPTS="a" # why\n',
    'ETHTOOL_OPTS="a"\nETHTOOL_OPTS="b"\n',
    'export ETHTOOL_OPTS="a"\n',
    'ETHTOOL_OPTS="a\nb"\n',
    'ETHTOOL_OPTS="--pause eno1 rx on"\n',
  ])('is left to a human: %j', text => {
    expect(add(text)).toEqual({ refused: expect.any(String) })
  })
})

describe('a port that NetworkManager brings up', () => {
  const dir = mkdtempSync(join(tmpdir(), 'nicfix-dispatcher-'))
  afterAll(() => rmSync(dir, { recursive: true, force: true }))

  it('has a script for its dispatcher, that root alone can write', () => {
    expect(writes(networkManager)).toMatchObject([
      { path: dispatcher, mode: '0755', owner: '0:0', expect: 'absent' },
    ])
    const text = writes(networkManager)[0]?.text ?? ''
    const done = withFile(networkManager, dispatcher, fileOf(dispatcher, text, '0755'))
    expect(writes(done)).toEqual([])
  })

  it('is left to the initscripts where it is theirs', () => {
    const theirs = { ...having(`${plain}NM_CONTROLLED="no"\n`), networkStacks: ['NetworkManager'] }
    expect(writes(theirs)).toMatchObject([{ path: ifcfg }])
  })

  it('is refused where a profile of it says something about pause', () => {
    const profile = '/etc/NetworkManager/system-connections/lan.nmconnection'
    const facts = { ...networkManager, pauseElsewhere: [profile] }
    expect(refusals(name, facts).join('\n')).toMatch(/NF2030.*profile of NetworkManager/)
  })

  it.each([
    ['eno1', 'up', 'on', ['-A eno1 autoneg off rx off tx off', '-r eno1']],
    ['eno1', 'up', 'off', ['-A eno1 autoneg off rx off tx off']],
    ['eno1', 'down', 'on', []],
    ['eno3', 'up', 'on', []],
  ])('%s %s, with pause %s: the script does what is needed', (port, what, pause, done) => {
    const text = writes(networkManager)[0]?.text ?? ''
    const ethtool = join(dir, 'ethtool')
    const [state, log] = [join(dir, 'state'), join(dir, 'log')]
    writeFileSync(state, `${pause}\n`)
    writeFileSync(log, '')
    const lines = [
      '#!/bin/sh',
      `case $1 in -a) exec cat ${state} ;; -A) echo off >${state} ;; esac`,
      `echo "$*" >>${log}`,
    ]
    writeFileSync(ethtool, `${lines.join('\n')}\n`)
    chmodSync(ethtool, 0o755)
    const script = text.replaceAll(/\/\S*\/ethtool/g, ethtool)
    execFileSync('sh', ['-eu', '-c', script, 'script', port, what])
    expect(readFileSync(log, 'utf8').split('\n').filter(Boolean)).toEqual(done)
  })
})
