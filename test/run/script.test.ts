import { createHash } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { hostScriptBytes } from '../../src/host/script.ts'
import type { Facts } from '../../src/model/facts.ts'
import type { HostPlan, WriteFile } from '../../src/model/plan.ts'
import type { Connection, Host } from '../../src/remote/host.ts'
import { realClock } from '../../src/run/clock.ts'
import { piecesOf } from '../../src/remote/input.ts'
import { Sandbox } from '../host/sandbox.ts'
import { plan, travel } from './setup.ts'
import type { Trip } from './setup.ts'

// The run against the real script of the host, over a connection that is a shell in a sandbox: whatever the fake
// host of the other tests gets wrong about the protocol shows here.
let sandbox: Sandbox
beforeEach(() => {
  sandbox = new Sandbox()
})
afterEach(() => sandbox.end())

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const read = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : 'absent')

function shellHost(): Host {
  const connection: Connection = {
    hostKey: 'SHA256:a',
    via: 'sandbox',
    run(command, { stdin }) {
      if (command === 'sh -s' || command.includes('exec sh -s')) {
        const asked = command.replace('&& exec sh -s', '&& cat')
        const { code, stdout, stderr } = sandbox.run(
          ['sh', '-c', asked === 'sh -s' ? 'cat' : asked],
          '{}',
        )
        return Promise.resolve({ kind: 'exited', code, stdout, stderr })
      }
      const input = Buffer.concat(piecesOf(stdin))
      const { code, stdout, stderr } = sandbox.run(['sh', '-c', command], input)
      return Promise.resolve({ kind: 'exited', code, stdout, stderr })
    },
    close: () => Promise.resolve(),
  }
  return { name: 'h1', vars: {}, lab: true, connect: () => Promise.resolve(connection) }
}

const same = {
  machineId: readFileSync('/etc/machine-id', 'utf8').trim(),
  bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
  kernel: execFileSync('uname', ['-r'], { encoding: 'utf8' }).trim(),
}
const facts = { ...same, nics: [], modules: {}, defaultRoutes: [] } as unknown as Facts

function writePlan(path: string, was: string, text: string): HostPlan {
  const [, , file] = plan.changes
  const change = { ...(file as WriteFile), id: '01', path, expect: sha256(was), content: { text } }
  return { ...plan, fingerprint: { ...plan.fingerprint, ...same }, changes: [change] }
}

function makeTrip(path: string, more: Partial<Trip> = {}): Trip {
  const proof = (wanted: string) => () => {
    const found = read(path)
    return [{ name: 'file', ok: found === wanted, text: found }]
  }
  const tools = {
    clock: realClock,
    hostScript: hostScriptBytes,
    parseFacts: () => facts,
    proofs: proof('new\n'),
    rollbackProofs: proof('old\n'),
  }
  return { host: shellHost() as never, plan: writePlan(path, 'old\n', 'new\n'), tools, ...more }
}

const failProof = () => [{ name: 'file', ok: false, text: 'no' }]

describe('a run against the real script', () => {
  it('changes, proves, and takes back', async () => {
    const path = join(sandbox.folder('etc', { x: 'old\n' }), 'x')
    const trip = makeTrip(path)
    const result = await travel(trip)
    expect(result).toMatchObject({ outcome: 'changed', cause: null, warnings: [] })
    expect(result.changes).toMatchObject([{ state: 'done' }])
    expect(read(path)).toBe('new\n')
    const back = await travel({ ...trip, undo: true })
    expect(back).toMatchObject({ outcome: 'rolledBack', cause: null, warnings: [] })
    expect(back.changes).toMatchObject([{ state: 'undone' }])
    expect(read(path)).toBe('old\n')
  })

  it('is refused when the file is not the one of the plan', async () => {
    const path = join(sandbox.folder('etc', { x: 'edited\n' }), 'x')
    const result = await travel(makeTrip(path))
    expect(result).toMatchObject({ outcome: 'refused', exitCode: 8, cause: { code: 'NF3001' } })
    expect(read(path)).toBe('edited\n')
  })

  it('rolls back when the proof fails', async () => {
    const path = join(sandbox.folder('etc', { x: 'old\n' }), 'x')
    const trip = makeTrip(path)
    const clock = { ...realClock, sleep: (ms: number) => realClock.sleep(Math.min(ms, 100)) }
    const result = await travel({ ...trip, tools: { ...trip.tools, proofs: failProof, clock } })
    expect(result).toMatchObject({ outcome: 'rolledBack', exitCode: 3, warnings: [] })
    expect(read(path)).toBe('old\n')
  })

  it('takes back on ^C before and during the trial', async () => {
    for (const state of ['arming', 'verifying']) {
      const path = join(sandbox.folder(`etc-${state}`, { x: 'old\n' }), 'x')
      const orderly = new AbortController()
      const onState = (entered: string, said: unknown) => {
        if (entered === state && !said) orderly.abort()
      }
      const interrupts = { orderly: orderly.signal, detach: new AbortController().signal }
      const job = { run: `20261122-0131-${state}` }
      const result = await travel(makeTrip(path, { interrupts, onState, job }))
      expect(result).toMatchObject({ exitCode: 130, warnings: [] })
      expect(read(path)).toBe('old\n')
    }
  })
})
