import { readFileSync } from 'node:fs'
import { hostScriptBytes } from '../../src/host/script.ts'
import type { Facts } from '../../src/model/facts.ts'
import type { HostPlan, Plan } from '../../src/model/plan.ts'
import type { Host } from '../../src/remote/host.ts'
import { realClock } from '../../src/run/clock.ts'
import { createRunFolder, findRunFolder } from '../../src/run/folder.ts'
import type { Entry, Journal } from '../../src/run/journal.ts'
import { applyPlan, resumeRun } from '../../src/run/run.ts'
import { keepFacts } from '../../src/run/kept-facts.ts'
import { openSession } from '../../src/run/session.ts'
import { piecesOf } from '../../src/remote/input.ts'
import { run as runCommand } from '../host/sim/ran.ts'
import { token } from '../host/sim/fresh.ts'
import { makeJob, quiet } from './setup.ts'

/** What a controller of a process of its own is told on its command line, as JSON. */
export type Errand = {
  readonly root: string
  readonly run: string
  readonly plan: string
  /** Enters the simulated host; a command follows. */
  readonly enter: readonly string[]
  /** A file of the host as this machine sees it, and what it is to become. */
  readonly file: { readonly path: string; readonly old: string; readonly new: string }
  /** Kills itself at this write of its journal; none: goes on with what another has left. */
  readonly dies: { readonly number: number; readonly when: 'before' | 'after' } | null
  readonly resumes: boolean
}

const errand = JSON.parse(process.argv[2] ?? '') as Errand
const part = JSON.parse(readFileSync(errand.plan, 'utf8')) as HostPlan
const facts = { ...part.fingerprint, nics: [], modules: {}, defaultRoutes: [] } as unknown as Facts

const host: Host = {
  name: 'sim',
  vars: {},
  lab: true,
  connect: () =>
    Promise.resolve({
      hostKey: 'SHA256:a',
      via: 'namespaces',
      async run(command, { stdin }) {
        // The probe is not what is tried here: only what the transaction says is.
        const plain = command === 'sh -s' ? 'cat >/dev/null' : command.replace(/&& exec sh -s$/, '')
        const input = Buffer.concat(piecesOf(stdin))
        const { code, stdout, stderr } = await runCommand([...errand.enter, plain], input)
        return { kind: 'exited', code, stdout, stderr }
      },
      close: () => Promise.resolve(),
    }),
}

const proof = (wanted: string) => () => {
  const ok = readFileSync(errand.file.path, 'utf8') === wanted
  return [{ name: 'file', ok, text: ok ? 'as wanted' : 'not as wanted' }]
}

const job = makeJob({} as never, {
  host,
  run: errand.run,
  plan: part,
  token,
  payloads: new Map(),
  tools: {
    clock: realClock,
    hostScript: hostScriptBytes,
    probeScript: () => '',
    parseFacts: () => facts,
    staleReasons: () => [],
    proofs: proof(errand.file.new),
    rollbackProofs: proof(errand.file.old),
  },
})

let writes = 0
function dieAt(when: 'before' | 'after'): void {
  if (errand.dies?.number === writes && errand.dies.when === when)
    process.kill(process.pid, 'SIGKILL')
}
const mortal = (inner: Journal): Journal => ({
  async append(entry: Entry) {
    writes += 1
    dieAt('before')
    await inner.append(entry)
    dieAt('after')
  },
  close: () => inner.close(),
})

const today = () => new Date()
const known = findRunFolder(errand.run, errand.root)
const folder = known ?? (await createRunFolder(errand.run, {} as Plan, errand.root))
const { journal, lines } = errand.resumes
  ? await folder.continueJournal('sim', today)
  : { journal: await folder.openJournal('sim', today), lines: [] }
const before = await folder.readFacts('sim')
const session = openSession(
  { ...job, saveFacts: found => folder.saveFacts('sim', found) },
  before ? { facts: keepFacts(before) } : {},
)
const ride = { session, journal: mortal(journal), interrupts: quiet(), onState: () => {} }
const ended = lines.length > 0 ? await resumeRun(ride, lines) : await applyPlan(ride)
console.log(JSON.stringify({ outcome: ended.outcome, cause: ended.cause, writes }))
