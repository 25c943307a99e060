import { existsSync } from 'node:fs'
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { jsonPieces } from '../json-pieces.ts'
import type { Facts } from '../model/facts.ts'
import type { Plan } from '../model/plan.ts'
import { problem, Trouble } from '../problems.ts'
import { continueJournal, createJournal } from './journal.ts'
import type { Journal, Line } from './journal.ts'
import { lockJournal } from './lock.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** Where runs are kept on the controller. */
export function runsFolder(environment: Environment = process.env): string {
  const { XDG_STATE_HOME: state } = environment
  return join(state || join(homedir(), '.local', 'state'), 'nicfix', 'runs')
}

/** One run's folder: plan.json, report.json, and per host its journal and the facts from before. */
export type RunFolder = {
  readonly path: string
  readonly run: string
  saveReport(name: string, report: unknown): Promise<void>
  saveFacts(host: string, facts: Facts, of?: FactsOf): Promise<void>
  readFacts(host: string, of?: FactsOf): Promise<Facts | null>
  /** The secret that confirms the trial, for as long as the run has not ended. */
  saveToken(host: string, token: string): Promise<void>
  readToken(host: string): Promise<string>
  forgetToken(host: string): Promise<void>
  /** Somebody allows the trial to stay. */
  permit(host: string): Promise<void>
  isPermitted(host: string): Promise<boolean>
  readPlan(): Promise<Plan>
  openJournal(host: string, today: () => Date): Promise<Journal>
  /**
   * Goes on in a host's last journal.
   * @throws {Trouble} NF7003 while another process works on it
   */
  continueJournal(host: string, today: () => Date): Promise<{ journal: Journal; lines: Line[] }>
  /** The first journal of each host: that of the apply. */
  journals(): Promise<ReadonlyMap<string, string>>
  /** The last one: that of the apply, or of the latest rollback. */
  lastJournals(): Promise<ReadonlyMap<string, string>>
  allJournals(): Promise<readonly JournalFile[]>
  /** Is a process of this machine at work on that host? */
  isBusy(host: string): Promise<boolean>
}

type JournalFile = { readonly host: string; readonly number: number; readonly file: string }

type FactsOf = 'before' | 'begun'

// A host may be named user@fe80::1%eth0; a file should not.
const fileName = (host: string) => encodeURIComponent(host).replaceAll('.', '%2E')

/** Of a text that is written at once. */
const longest = 64 * 1024

async function writeDurably(path: string, value: unknown): Promise<void> {
  const file = await open(`${path}.new`, 'w', 0o600)
  try {
    let text = ''
    for (const piece of jsonPieces(value)) {
      text += piece
      if (text.length < longest) continue
      await file.appendFile(text)
      text = ''
    }
    await file.appendFile(`${text}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(`${path}.new`, path)
  const folder = await open(dirname(path), 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

function runFolder(path: string, run: string): RunFolder {
  const factsPath = (host: string, of: FactsOf) =>
    join(path, `${fileName(host)}.${of === 'begun' ? 'begun.' : ''}facts.json`)
  const tokenPath = (host: string) => join(path, `${fileName(host)}.token`)
  const permitPath = (host: string) => join(path, `${fileName(host)}.confirmed`)
  return {
    path,
    run,
    saveReport: (name, report) => writeDurably(join(path, `${name}.json`), report),
    saveFacts: (host, facts, of = 'before') => writeDurably(factsPath(host, of), facts),
    async readFacts(host, of = 'before') {
      if (!existsSync(factsPath(host, of))) return null
      return JSON.parse(await readFile(factsPath(host, of), 'utf8')) as Facts
    },
    saveToken: (host, token) => writeDurably(tokenPath(host), token),
    async readToken(host) {
      if (!existsSync(tokenPath(host))) return ''
      return JSON.parse(await readFile(tokenPath(host), 'utf8')) as string
    },
    async forgetToken(host) {
      await rm(tokenPath(host), { force: true })
      await rm(permitPath(host), { force: true })
    },
    permit: host => writeDurably(permitPath(host), true),
    isPermitted: host => Promise.resolve(existsSync(permitPath(host))),
    readPlan: async () => JSON.parse(await readFile(join(path, 'plan.json'), 'utf8')) as Plan,
    openJournal(host, today) {
      // A rollback of the same run gets a journal of its own: the first one stays as it was.
      const names = ['', ...Array.from({ length: 999 }, (_, at) => `.${at + 2}`)]
      const free = names.find(each => !existsSync(join(path, `${fileName(host)}${each}.jsonl`)))
      const file = join(path, `${fileName(host)}${free ?? ''}.jsonl`)
      return locked(run, file, () => createJournal(file, today))
    },
    async continueJournal(host, today) {
      const file = (await this.lastJournals()).get(host)
      if (file === undefined) throw new Error(`${host} has no journal in ${path}`)
      let lines: Line[] = []
      const journal = await locked(run, file, async () => {
        const opened = await continueJournal(file, today)
        ;({ lines } = opened)
        return opened.journal
      })
      return { journal, lines }
    },
    async journals() {
      const all = await listJournals(path)
      return new Map(all.flatMap(({ host, number, file }) => (number === 1 ? [[host, file]] : [])))
    },
    allJournals: () => listJournals(path),
    async isBusy(host) {
      const file = (await this.lastJournals()).get(host)
      if (file === undefined) return false
      const unlock = await lockJournal(file)
      unlock?.()
      return unlock === null
    },
    async lastJournals() {
      const all = await listJournals(path)
      return new Map(
        all.toSorted((a, b) => a.number - b.number).map(({ host, file }) => [host, file]),
      )
    },
  }
}

/** Only one process writes into a journal. */
async function locked(run: string, file: string, take: () => Promise<Journal>): Promise<Journal> {
  const unlock = await lockJournal(file)
  if (!unlock) {
    const message = `another nicfix on this machine is at work on run ${run}`
    throw new Trouble(problem('NF7003', message, 'let it end, or end it, then resume'))
  }
  try {
    const journal = await take()
    return { append: entry => journal.append(entry), close: () => journal.close().finally(unlock) }
  } catch (error) {
    unlock()
    throw error
  }
}

/** HOST.jsonl of the apply, HOST.2.jsonl and so on of what was done to the run later. */
async function listJournals(path: string): Promise<JournalFile[]> {
  const found = (await readdir(path)).toSorted().flatMap(name => {
    const [, file = '', number = '1'] = /^([^.]+)(?:\.(\d+))?\.jsonl$/.exec(name) ?? []
    return file === ''
      ? []
      : [{ host: decodeURIComponent(file), number: Number(number), file: join(path, name) }]
  })
  return found
}

/** Makes the folder of a new run, with its plan. */
export async function createRunFolder(run: string, plan: Plan, root: string): Promise<RunFolder> {
  await mkdir(root, { recursive: true, mode: 0o700 })
  const path = join(root, run)
  await mkdir(path, { mode: 0o700 })
  await writeDurably(join(path, 'plan.json'), plan)
  return runFolder(path, run)
}

/** The folder of an earlier run; null when this controller knows no such run. */
export function findRunFolder(run: string, root: string): RunFolder | null {
  const path = join(root, run)
  return /^[0-9a-z-]{8,40}$/.test(run) && existsSync(join(path, 'plan.json'))
    ? runFolder(path, run)
    : null
}

/** Ids of all runs that this controller knows, oldest first. */
export async function listRuns(root: string): Promise<string[]> {
  const names = existsSync(root) ? await readdir(root) : []
  const runs = names.filter(name => findRunFolder(name, root) !== null)
  // An id tells only the minute. The plan is written once, when the run begins.
  const begun = await Promise.all(
    runs.map(async run => ({ run, at: (await stat(join(root, run, 'plan.json'))).mtimeMs })),
  )
  return begun.toSorted((a, b) => a.at - b.at).map(({ run }) => run)
}

/** Forgets a run: its plan, journals and reports. */
export async function removeRun(run: string, root: string): Promise<void> {
  const folder = findRunFolder(run, root)
  if (folder) await rm(folder.path, { recursive: true })
}
