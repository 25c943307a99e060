import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { probeScript } from '../../src/facts/probe.ts'
import { statusOfAllCommand } from '../../src/host/protocol.ts'
import { hostScript } from '../../src/host/script.ts'
import { Scenario } from '../faults/scenario.ts'
import { run } from '../host/sim/ran.ts'
import { hasShell } from '../host/sim/root.ts'
import type { Shell } from '../host/sim/root.ts'
import { pick } from './share.ts'

let scenario: Scenario
afterEach(() => scenario.end())

const plan = { playbook: 'i40e-upgrade', confirmWithin: 3600 } as const
const shells = (['dash', 'ash', 'bash', 'mksh'] as const).filter(hasShell)

const opening = 'open,openat,creat,mknod,mknodat,truncate'
const naming =
  'rename,renameat,renameat2,link,linkat,symlink,symlinkat,unlink,unlinkat,mkdir,mkdirat,rmdir'
const marking =
  'chmod,fchmod,fchmodat,chown,fchown,lchown,fchownat,utimensat,setxattr,lsetxattr,fsetxattr'
const kernel =
  'init_module,finit_module,delete_module,mount,umount2,sethostname,settimeofday,reboot'

/** Was something opened only to be read, or was it asked in vain, or is it where what is written is thrown away? */
const isHarmless = (call: string): boolean =>
  / = -1 E|^\+\+\+|^--- SIGCHLD|<\/dev\/null>$/.test(call) ||
  /^open(at)?\(.*O_RDONLY(?!.*O_(CREAT|TRUNC))/.test(call)

/** What a command did that changes a file, a name or the kernel, as strace shows it. */
async function changesBy(command: string, input: string): Promise<string[]> {
  const { host } = scenario
  // A file for each process, outside of what is looked at: calls of two never run into each other.
  const folder = mkdtempSync(join(tmpdir(), 'nicfix-calls-'))
  const filter = `trace=${[opening, naming, marking, kernel].join(',')}`
  const options = ['-ff', '-y', '-qq', '-e', filter, '-o', join(folder, 'of')]
  try {
    const { code, stderr } = await run(['strace', ...options, ...host.argv(command)], input)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const texts = readdirSync(folder).map(name => readFileSync(join(folder, name), 'utf8'))
    const calls = texts.flatMap(text => text.replaceAll(host.root, '').trimEnd().split('\n'))
    return calls.filter(call => call !== '' && !isHarmless(call))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** What facts, plan, apply before its question, and status send. */
const questions = {
  facts: ['sh -s', probeScript(['dmidecode'])],
  'the look of a run': ['sh -s', probeScript([], false)],
  status: [statusOfAllCommand, hostScript()],
} as const

/** Hosts at each moment at which they may be asked. */
const moments: Record<string, (shell: Shell) => Promise<unknown>> = {
  'a host that nicfix never saw': async shell => (scenario = await Scenario.start(plan, { shell })),
  'a host with a run that is tried': async shell => {
    scenario = await Scenario.start(plan, { shell })
    await scenario.to('tried')
  },
  'a host with a run that is kept': async shell => {
    scenario = await Scenario.start(plan, { shell })
    await scenario.to('tried')
    await scenario.confirm()
    await scenario.until('committed')
    await scenario.host.settled()
  },
}

const asked = Object.keys(moments).flatMap(moment => shells.map(shell => [moment, shell] as const))

it.each(pick(asked, 1, 0))(
  '%s is as it was after each question, with %s',
  async (moment, shell) => {
    await moments[moment]?.(shell)
    const { host } = scenario
    const before = { disk: host.disk(), kernel: host.kernelState() }
    for (const [name, [command, input]] of Object.entries(questions))
      expect({ name, changes: await changesBy(command, input) }).toEqual({ name, changes: [] })
    expect({ disk: host.disk(), kernel: host.kernelState() }).toEqual(before)
  },
)

it('finds what a question must not do', async () => {
  scenario = await Scenario.start(plan)
  expect(await changesBy('sh -s', ': >/run/made; mv /run/made /run/moved')).toEqual([
    expect.stringContaining('"/run/made", O_WRONLY|O_CREAT|O_TRUNC'),
    expect.stringContaining('rename'),
  ])
})
