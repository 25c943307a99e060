import { createHash } from 'node:crypto'
import { dirname, resolve } from 'node:path'
import type { Source } from '../actions/context.ts'
import type { LoadedPlaybook } from '../model/playbook.ts'
import { readSmallFile } from '../small-file.ts'
import type { Kind } from '../small-file.ts'

/** Driver sources of a playbook: what the planner may know of them, and their bytes by sha256 for the host. */
export type Sources = {
  readonly known: Readonly<Record<string, Source>>
  readonly payloads: ReadonlyMap<string, Uint8Array>
}

type Tarball = { readonly bytes: Uint8Array; readonly sha256: string }

/** Finds the tarball that a playbook names; a text says why it cannot be read. */
export type Tarballs = (source: string, playbookPath: string) => Tarball | string

/** A relative path is looked for here, then beside the playbook. Each file is read once, for however many hosts. */
export function makeTarballs(): Tarballs {
  const read = new Map<string, Tarball | string>()
  return (source, playbookPath) => {
    const paths = [resolve(source), resolve(dirname(playbookPath), source)]
    const found = read.get(paths.join('\0')) ?? readFirst(paths)
    read.set(paths.join('\0'), found)
    return found
  }
}

const sourceFile: Kind = { what: 'a source', mostBytes: 256 * 1024 * 1024 }

function readFirst(paths: readonly string[]): Tarball | string {
  let why = ''
  for (const path of paths) {
    const read = readSmallFile(path, sourceFile)
    if ('bytes' in read) {
      const { bytes } = read
      return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') }
    }
    why ||= `${path}: ${read.why}`
  }
  return why
}

/** Reads the tarballs that a playbook builds from. */
export function readSources({ playbook, path }: LoadedPlaybook, tarballs: Tarballs): Sources {
  const known: Record<string, Source> = {}
  const payloads = new Map<string, Uint8Array>()
  for (const step of playbook.steps) {
    if (step.use !== 'driver.build') continue
    const { source } = step.with
    const found = tarballs(source, path)
    if (typeof found === 'string') {
      known[source] = { error: found }
      continue
    }
    const { sha256, bytes } = found
    known[source] = { sha256, size: bytes.length }
    payloads.set(sha256, bytes)
  }
  return { known, payloads }
}
