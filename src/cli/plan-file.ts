import { writeFile } from 'node:fs/promises'
import { planSchema } from '../model/plan.ts'
import type { Plan } from '../model/plan.ts'
import { digestPlan } from '../plan/make-plan.ts'
import { problem, Trouble } from '../problems.ts'
import { readSmallFile } from '../small-file.ts'
import type { Kind } from '../small-file.ts'

/** Thousands of hosts have room in it. */
const planFile: Kind = { what: 'a plan', mostBytes: 128 * 1024 * 1024, mayBePiped: true }

function refuse(path: string, why: string): Trouble {
  return new Trouble(problem('NF3003', `${path}: ${why}`, 'make it anew with: nicfix plan -o FILE'))
}

/** Keeps a plan for its review. */
export async function writePlan(path: string, plan: Plan): Promise<void> {
  await writeFile(path, `${JSON.stringify(plan, null, 2)}\n`, { mode: 0o600 })
}

/** Reads a kept plan; one that was edited after its digest was taken is refused. @throws {Trouble} NF3003 */
export function readPlan(path: string): Plan {
  const read = readSmallFile(path, planFile)
  if ('why' in read) throw refuse(path, `cannot be read: ${read.why}`)
  return parsePlan(read.bytes.toString('utf8'), path)
}

/** The plan in the text of a file. @throws {Trouble} NF3003 */
export function parsePlan(text: string, path: string): Plan {
  let data: unknown
  try {
    data = JSON.parse(text)
  } catch {
    throw refuse(path, 'is not JSON')
  }
  const read = planSchema.safeParse(data)
  if (!read.success) {
    const [first] = read.error.issues
    const where = first && first.path.length > 0 ? `${first.path.join('.')}: ` : ''
    throw refuse(path, `is not a plan of this nicfix: ${where}${first?.message ?? ''}`)
  }
  const { digest, ...rest } = read.data
  if (digestPlan(rest) !== digest) throw refuse(path, 'was changed after it was made')
  return read.data
}

/** Is that the digest of the plan? Its first eight digits or more will do. */
export function isApproved(plan: Plan, approved: string): boolean {
  const digits = approved.toLowerCase().replace(/^sha256:/, '')
  return /^[0-9a-f]{8,64}$/.test(digits) && plan.digest.startsWith(`sha256:${digits}`)
}
