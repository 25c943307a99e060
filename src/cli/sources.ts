import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { Source } from '../actions/context.ts'
import type { LoadedPlaybook } from '../model/playbook.ts'

/** Driver sources of a playbook: what the planner may know of them, and their bytes by sha256 for the host. */
export type Sources = {
  readonly known: Readonly<Record<string, Source>>
  readonly payloads: ReadonlyMap<string, Uint8Array>
}

async function readFirst(paths: readonly string[]): Promise<Uint8Array | string> {
  let why = ''
  for (const path of paths) {
    try {
      return await readFile(path)
    } catch (error) {
      why ||= error instanceof Error ? error.message : String(error)
    }
  }
  return why
}

/** Reads the tarballs that a playbook builds from; a relative path is looked for here, then beside the playbook. */
export async function readSources({ playbook, path }: LoadedPlaybook): Promise<Sources> {
  const known: Record<string, Source> = {}
  const payloads = new Map<string, Uint8Array>()
  for (const step of playbook.steps) {
    if (step.use !== 'driver.build') continue
    const { source } = step.with
    const bytes = await readFirst([resolve(source), resolve(dirname(path), source)])
    if (typeof bytes === 'string') {
      known[source] = { error: bytes }
      continue
    }
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    known[source] = { sha256, size: bytes.length }
    payloads.set(sha256, bytes)
  }
  return { known, payloads }
}

/** The tarball of a stored plan, by its path and by the hash that the plan was approved with. */
export async function readPayload(
  source: string,
  sha256: string,
  playbookPath: string,
): Promise<Uint8Array | null> {
  const bytes = await readFirst([resolve(source), resolve(dirname(playbookPath), source)])
  if (typeof bytes === 'string') return null
  return createHash('sha256').update(bytes).digest('hex') === sha256 ? bytes : null
}
