import type { Plan } from '../model/plan.ts'
import { problem, Trouble } from '../problems.ts'
import { findRunFolder, runsFolder } from '../run/folder.ts'
import type { RunFolder } from '../run/folder.ts'

export function unknownRun(run: string, where: string): Trouble {
  const next = 'nicfix status --host HOST shows the runs that a host knows'
  return new Trouble(problem('NF5003', `no run ${run} is known ${where}`, next))
}

/** @throws {Trouble} NF5003 for a run that this controller does not know */
export function findRun(run: string): RunFolder {
  const folder = findRunFolder(run, runsFolder())
  if (!folder) throw unknownRun(run, 'on this controller')
  return folder
}

/** @throws {Trouble} NF5003, as findRun */
export async function openRun(run: string): Promise<{ folder: RunFolder; plan: Plan }> {
  const folder = findRun(run)
  return { folder, plan: await folder.readPlan() }
}
