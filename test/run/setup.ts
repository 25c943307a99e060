import type { Facts, Nic } from '../../src/model/facts.ts'
import type { HostPlan } from '../../src/model/plan.ts'
import type { Interrupts } from '../../src/run/drive.ts'
import type { Entry } from '../../src/run/journal.ts'
import { applyPlan, undoRun } from '../../src/run/run.ts'
import type { HostResult, Ride } from '../../src/run/run.ts'
import { keepFacts } from '../../src/run/kept-facts.ts'
import { makeTurns } from '../../src/run/turns.ts'
import { openSession } from '../../src/run/session.ts'
import type { Job } from '../../src/run/session.ts'
import type { Proof, Tools } from '../../src/run/tools.ts'
import type { FakeHost } from './fake-host.ts'

export const token = '00112233445566778899aabbccddeeff'
export const run = '20261122-0131-4f2a'

const payload = Buffer.from('a tarball')
export const payloadSha256 = 'f5bac5b0a0b86f2e0b2d4b6c55ad5e5d00d4f1b2f6d6b6a4d7e8f90011223344'

const told = {
  step: 's',
  reason: 'r',
  certainty: 'exact',
  commands: [],
  impact: { link: 'none', seconds: 0, text: '' },
  undo: { class: 'exact', text: 'undo it', seconds: 20 },
  checks: [],
  bounds: [],
  diff: '',
} as const

/** A build, a setting on trial, a file that is persisted. */
export const plan: HostPlan = {
  host: 'h1',
  about: 'a test',
  fingerprint: {
    hostKeys: [],
    machineId: 'm1',
    bootId: 'boot-1',
    kernel: '6.1.0',
    files: {},
    modules: {},
    nics: [],
  },
  nics: [],
  conditions: [],
  warnings: [],
  cutsSsh: true,
  outageSeconds: 5,
  confirmWithinSeconds: 180,
  changes: [
    {
      ...told,
      id: '01',
      title: 'build m 1.0',
      kind: 'build-module',
      phase: 'build',
      module: 'm',
      version: '1.0',
      kernel: '6.1.0',
      source: 'm.tar.gz',
      sha256: payloadSha256,
      target: '/lib/modules/6.1.0/updates/m.ko',
    },
    {
      ...told,
      id: '02',
      title: 'flow control off on eth0',
      kind: 'set-nic',
      phase: 'trial',
      pci: '0000:01:00.0',
      setting: 'pause',
      want: 'autoneg off rx off tx off',
      before: 'autoneg on rx on tx on',
      renegotiate: true,
    },
    {
      ...told,
      id: '03',
      title: 'write /etc/x',
      kind: 'write-file',
      phase: 'persist',
      path: '/etc/x',
      mode: '0644',
      owner: '0:0',
      expect: 'absent',
      content: { text: 'x\n' },
      after: null,
    },
  ],
}

function makeFacts(stdout: string): Facts {
  const { bootId, value } = JSON.parse(stdout) as { bootId: string; value: string }
  const on = value !== 'off'
  const nic = {
    name: 'eth0',
    pci: '0000:01:00.0',
    mac: '52:54:00:00:00:01',
    up: true,
    carrier: true,
    mtu: value === 'dirt' ? 1400 : 1500,
    master: null,
    uppers: [],
    addresses: ['10.0.0.1/24'],
    pause: { autoneg: on, rx: on, tx: on },
  } as unknown as Nic
  return {
    machineId: 'm1',
    bootId,
    kernel: '6.1.0',
    nics: [nic],
    modules: {},
    defaultRoutes: [{ via: '10.0.0.254', device: 'eth0' }],
  } as unknown as Facts
}

const compare = (name: string, before: unknown, after: unknown): Proof => {
  const ok = JSON.stringify(before) === JSON.stringify(after)
  return { name, ok, text: ok ? 'as it was' : 'different' }
}

export function makeTools({ clock }: FakeHost, more: Partial<Tools> = {}): Tools {
  return {
    clock,
    hostScript: () => Buffer.from('#!/bin/sh\n'),
    probeScript: () => 'probe',
    parseFacts: makeFacts,
    staleReasons: () => [],
    proofs: (_plan, _before, after) => [compare('pause is off', false, after.nics[0]?.pause?.rx)],
    rollbackProofs: (_plan, before, after) => [compare('ports', before.nics, after.nics)],
    ...more,
  }
}

export type Trip = {
  readonly host: FakeHost
  readonly plan?: HostPlan
  readonly tools?: Partial<Tools>
  readonly interrupts?: Interrupts
  readonly journal?: (entry: Entry) => void
  readonly onState?: Ride['onState']
  readonly undo?: boolean
  readonly job?: Partial<Job>
}

export type Arrived = HostResult & {
  readonly entries: readonly Entry[]
  readonly told: readonly string[]
}

export const quiet = (): Interrupts => ({
  orderly: new AbortController().signal,
  detach: new AbortController().signal,
})

export function makeJob(host: FakeHost, more: Partial<Job> = {}): Job {
  return {
    host,
    run,
    plan,
    digest: 'sha256:0',
    playbook: 'pause-off',
    controller: 'ann@desk',
    token,
    payloads: new Map([[payloadSha256, payload]]),
    tools: makeTools(host),
    turns: makeTurns(),
    tell: { note: () => {}, ask: () => {}, away: () => {}, back: () => {}, heard: () => {} },
    saveFacts: () => Promise.resolve(),
    ...more,
  }
}

/** Drives a fake host from begin to end. */
export async function travel(trip: Trip): Promise<Arrived> {
  const { host, interrupts = quiet(), undo = false } = trip
  const entries: Entry[] = []
  const said: string[] = []
  const job = makeJob(host, {
    plan: trip.plan ?? plan,
    tools: makeTools(host, trip.tools),
    tell: {
      note: text => said.push(text),
      ask: text => said.push(text),
      away: (ms, left) => said.push(`away ${ms} ${left}`),
      back: () => {},
      heard: ({ event }) => said.push(`heard ${event}`),
    },
    retryStuck: undo,
    ...trip.job,
  })
  const before = undo ? { facts: keepFacts(makeFacts('{"bootId":"boot-1","value":"on"}')) } : {}
  const journal = {
    append(entry: Entry) {
      entries.push(entry)
      trip.journal?.(entry)
      return Promise.resolve()
    },
  }
  const onState = trip.onState ?? (() => {})
  const ride = { session: openSession(job, before), journal, interrupts, onState }
  const result = await (undo ? undoRun(ride) : applyPlan(ride))
  return { ...result, entries, told: said }
}
