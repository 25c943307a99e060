import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { stageCommand, txCommand } from '../../src/host/protocol.ts'
import type { TxVerb } from '../../src/host/protocol.ts'
import { packJob, planFor, token } from '../host/sim/fresh.ts'
import { run } from '../host/sim/ran.ts'
import type { Ran } from '../host/sim/ran.ts'
import { SimHost } from '../host/sim/sim.ts'
import { changesIn } from './argv.ts'
import { id } from './controller.ts'

let host: SimHost
let folder = ''
afterEach(async () => {
  await host.end()
  rmSync(folder, { recursive: true, force: true })
})

/** Runs it with every program that it starts written down, to the end of the last of them. */
function traced(name: string, text: string, input: string | Uint8Array = ''): Promise<Ran> {
  const watched = 'trace=execve,clone,clone3,fork,vfork'
  const options = ['-f', '-qq', '-s', '500', '--pidns-translation', '-e', watched]
  return run(['strace', ...options, '-o', join(folder, name), ...host.argv(text)], input)
}

const tx = (verb: TxVerb) =>
  traced(verb, txCommand(id, verb), verb === 'confirm' ? `${token}\n` : '')

const changesOf = (name: string) => changesIn(readFileSync(join(folder, name), 'utf8'))

/** Paths of the transaction as the plan names them, which does not know them yet. */
const named = (command: string) =>
  command
    .replaceAll(/\/\S*\/c\/\d\d\/build\/\S*?\/src\b/g, '<source>')
    .replaceAll(/\/\S*\/c\/\d\d\/out\b/g, '<build>')
    .replace(/ -j\d+$/, ' -j<processors>')

it.each(['i40e-upgrade', 'e1000e-flow-control-off', 'offload-off', 'ring-max'] as const)(
  '%s starts the commands of its plan, in that order, and no others',
  async playbook => {
    folder = mkdtempSync(join(tmpdir(), 'nicfix-argv-'))
    // In real time: under trace a slow machine has not said `fire` before a guard in a hurry gives up.
    host = await SimHost.start({ shell: 'dash', rate: 1 })
    const job = await planFor(playbook, host.bootId, 600)
    const { archive, sumsSha256 } = await packJob(job, id, host.script)
    await traced('stage', stageCommand(id, sumsSha256), archive)
    await tx('build')
    // The guard is traced as well, so this ends with it.
    const armed = tx('arm')
    await host.until(id, 'ready')
    await tx('fire')
    await host.until(id, 'tried')
    await tx('confirm')
    await host.until(id, 'committed')
    await armed
    const done = ['stage', 'build', 'arm', 'fire', 'confirm'].flatMap(changesOf).map(named)
    expect(done).toEqual(job.plan.changes.flatMap(change => change.commands))
    expect(done.length).toBeGreaterThan(0)
  },
)
