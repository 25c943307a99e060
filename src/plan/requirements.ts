import { missingCommands } from '../actions/driver-build.ts'
import type { Facts } from '../model/facts.ts'
import type { Playbook } from '../model/playbook.ts'
import { problem } from '../problems.ts'
import type { Problem } from '../problems.ts'

/** What `requires` asks of the host: each point as a text where it holds, a problem where it does not. */
export function checkRequirements(
  requires: Playbook['requires'],
  facts: Facts,
  host: string,
): { ok: string[]; problems: Problem[] } {
  const ok: string[] = []
  const problems: Problem[] = []
  const missing = requires.commands.filter(name => !facts.commands[name])
  if (missing.length > 0) problems.push(missingCommands(host, missing))
  else if (requires.commands.length > 0) ok.push(`commands there: ${requires.commands.join(' ')}`)

  if (requires['kernel-headers'] === 'running') {
    if (facts.kernelBuild !== null)
      ok.push(`kernel headers there, compiler ${facts.kernelCompiler ?? 'missing'}`)
    else problems.push(missingHeaders(facts, host))
  }
  if (requires.free) {
    const { path, size } = requires.free
    const free = freeAt(facts.free, path)
    // What is asked for, not what is there: the text goes into the digest, and free space changes all the time.
    if (free !== null && free >= size) ok.push(`at least ${showBytes(size)} free at ${path}`)
    else problems.push(tooFull(host, path, size, free))
  }
  return { ok, problems }
}

function missingHeaders(facts: Facts, host: string): Problem {
  return problem(
    'NF2011',
    'Kernel headers of the running kernel are missing.',
    `Install the headers of kernel ${facts.kernel}.`,
    {
      host,
      details: [`expected   /lib/modules/${facts.kernel}/build/Makefile`],
    },
  )
}

function tooFull(host: string, path: string, size: number, free: number | null): Problem {
  return problem(
    'NF2012',
    `There is too little free space at ${path}.`,
    'Make room there, then plan again.',
    {
      host,
      details: [
        `expected   ${showBytes(size)}`,
        `found      ${free === null ? 'not known' : showBytes(free)}`,
      ],
    },
  )
}

/** The measured place that the path lies under. */
function freeAt(free: Facts['free'], path: string): number | null {
  const places = Object.keys(free).filter(
    place => place === '/' || path === place || path.startsWith(`${place}/`),
  )
  const nearest = places.toSorted((a, b) => b.length - a.length)[0]
  return nearest === undefined ? null : (free[nearest] ?? null)
}

function showBytes(bytes: number): string {
  const gib = bytes / 1024 ** 3
  return gib >= 1 ? `${Math.floor(gib * 10) / 10} GiB` : `${Math.floor(bytes / 1024 ** 2)} MiB`
}
