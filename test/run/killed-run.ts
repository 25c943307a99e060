import { appendFileSync } from 'node:fs'
import { createJournal } from '../../src/run/journal.ts'
import type { Entry } from '../../src/run/journal.ts'
import { applyPlan } from '../../src/run/run.ts'
import { openSession } from '../../src/run/session.ts'
import { makeTurns } from '../../src/run/turns.ts'
import type { Job } from '../../src/run/session.ts'
import { FakeHost } from './fake-host.ts'
import { FakeClock } from './faults.ts'
import { makeTools, payloadSha256, plan, run, token } from './setup.ts'

// A run in a process of its own that kills itself at one write of its journal. What reaches the host is written to
// a second file at once, as the test's witness.
const [folder = '', killAt = '', when = ''] = process.argv.slice(2)
const host = new FakeHost(new FakeClock())
host.onCommand = name => appendFileSync(`${folder}/witness`, `${name}\n`)

const inner = await createJournal(`${folder}/h1.jsonl`, () => new Date())
let writes = 0
const die = () => process.kill(process.pid, 'SIGKILL')
const journal = {
  async append(entry: Entry) {
    writes += 1
    if (writes === Number(killAt) && when === 'before') die()
    await inner.append(entry)
    if (writes === Number(killAt) && when === 'after') die()
  },
}
const job: Job = {
  host,
  run,
  plan,
  digest: 'sha256:0',
  playbook: 'pause-off',
  controller: 'ann@desk',
  token,
  payloads: new Map([[payloadSha256, Buffer.from('a tarball')]]),
  tools: makeTools(host),
  tell: { note: () => {}, ask: () => {}, away: () => {}, back: () => {}, heard: () => {} },
  turns: makeTurns(),
  saveFacts: () => Promise.resolve(),
}
const quiet = new AbortController().signal
const interrupts = { orderly: quiet, detach: quiet }
const { outcome } = await applyPlan({
  session: openSession(job),
  journal,
  interrupts,
  onState: () => {},
})
console.log(outcome, writes)
