import { existsSync } from 'node:fs'
import { mkdir, open, readdir, readFile, rename } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Facts } from '../model/facts.ts'
import type { Plan } from '../model/plan.ts'
import { createJournal } from './journal.ts'
import type { Journal } from './journal.ts'

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
  saveFacts(host: string, facts: Facts): Promise<void>
  readFacts(host: string): Promise<Facts | null>
  readPlan(): Promise<Plan>
  openJournal(host: string, today: () => Date): Promise<Journal>
  /** The first journal of each host: that of the apply. */
  journals(): Promise<ReadonlyMap<string, string>>
}

// A host may be named user@fe80::1%eth0; a file should not.
const fileName = (host: string) => encodeURIComponent(host).replaceAll('.', '%2E')

async function writeDurably(path: string, value: unknown): Promise<void> {
  const file = await open(`${path}.new`, 'w', 0o600)
  try {
    await file.writeFile(`${JSON.stringify(value, null, 2)}\n`)
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
  const factsPath = (host: string) => join(path, `${fileName(host)}.facts.json`)
  return {
    path,
    run,
    saveReport: (name, report) => writeDurably(join(path, `${name}.json`), report),
    saveFacts: (host, facts) => writeDurably(factsPath(host), facts),
    async readFacts(host) {
      if (!existsSync(factsPath(host))) return null
      return JSON.parse(await readFile(factsPath(host), 'utf8')) as Facts
    },
    readPlan: async () => JSON.parse(await readFile(join(path, 'plan.json'), 'utf8')) as Plan,
    openJournal(host, today) {
      // A rollback of the same run gets a journal of its own: the first one stays as it was.
      const names = ['', ...Array.from({ length: 999 }, (_, at) => `.${at + 2}`)]
      const free = names.find(each => !existsSync(join(path, `${fileName(host)}${each}.jsonl`)))
      return createJournal(join(path, `${fileName(host)}${free ?? ''}.jsonl`), today)
    },
    async journals() {
      const names = (await readdir(path)).flatMap(name => /^([^.]+)\.jsonl$/.exec(name)?.[1] ?? [])
      return new Map(
        names.toSorted().map(name => [decodeURIComponent(name), join(path, `${name}.jsonl`)]),
      )
    },
  }
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
