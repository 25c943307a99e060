import { execa } from 'execa'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { down, driverPackages, findLabHost, labReady, reset, up } from '../../src/lab/lab.ts'
import type { DriverPackage } from '../../src/lab/drivers.ts'
import { borrowHost, returnHost } from './borrow.ts'
import { quickPackage } from './quick.ts'

export const ready = await labReady()
if (!ready.ok) {
  console.error(`lab tests NOT run: ${ready.why}`)
  if (process.env['NICFIX_LAB'] === 'required') throw new Error(ready.why)
}

const root = fileURLToPath(new URL('../..', import.meta.url))

export type Ended = { readonly code: number; readonly out: string; readonly err: string }

export type Bench = {
  /** The lab host that this file has for itself, as it was after its first boot when a test begins. */
  readonly host: string
  /** A directory of this file alone. */
  readonly dir: string
  /** Calls nicfix as a user does. */
  nicfix(...args: string[]): Promise<Ended>
  /** Starts nicfix in a process group of its own, and returns its pid. */
  launch(...args: string[]): number
}

/** Gives the tests of a file a host, of that Debian release if one is named, and a home; call it inside `describe`. */
export function setBench(topology?: string, release?: string): Bench {
  let host = ''
  let dir = ''
  let wasUp = false
  const door = join(root, 'src/main.js')
  const options = () => ({
    cwd: root,
    env: { XDG_STATE_HOME: dir, NO_COLOR: '1' },
    stdin: 'ignore' as const,
    reject: false as const,
  })
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'nicfix-main-'))
    host = await borrowHost(topology, release)
    wasUp = findLabHost(host) !== undefined
    await up([host], line => console.error(line))
  })
  beforeEach(() => reset(host))
  afterAll(async () => {
    if (!wasUp) await down([host])
    await returnHost(host)
    await rm(dir, { recursive: true, force: true })
  })
  return {
    get host() {
      return host
    },
    get dir() {
      return dir
    },
    async nicfix(...args) {
      const { exitCode, stdout, stderr } = await execa(process.execPath, [door, ...args], options())
      return { code: exitCode ?? -1, out: stdout, err: stderr }
    },
    launch(...args) {
      const child = execa(process.execPath, [door, ...args], {
        ...options(),
        detached: true,
        stdout: 'ignore',
        stderr: 'ignore',
      })
      if (child.pid === undefined) throw new Error('nicfix did not start')
      return child.pid
    },
  }
}

/** The values by which a playbook takes a driver package of the lab: one that is built, or one that was built before. */
export function valuesOf(name: string): string[] {
  const found = driverPackages()[name]
  if (!found) throw new Error(`the lab has no package ${name}`)
  return valuesOfPackage(found)
}

export const quickValuesOf = async (name: string): Promise<string[]> =>
  valuesOfPackage(await quickPackage(name))

const valuesOfPackage = ({ file, sha256, version }: DriverPackage) =>
  [`source=${file}`, `sha256=${sha256}`, `version=${version}`].flatMap(value => ['-e', value])

/** All that a call of nicfix said, the exit code first: a test that fails on it shows why. */
export const wordsOf = ({ code, out, err }: Ended): string => `exit ${code}\n${err}\n${out}`

/** The id of the run that a report is about. */
export function runOf({ out, err }: Ended): string {
  const [, run] = /^run (\S+)$/m.exec(out) ?? []
  if (run === undefined) throw new Error(`no run in the report:\n${out}\n${err}`)
  return run
}

/** Waits until the host says so. */
export async function until(what: string, holds: () => Promise<boolean>, seconds: number) {
  const limit = performance.now() + seconds * 1000
  while (!(await holds().catch(() => false))) {
    if (performance.now() > limit) throw new Error(`not within ${seconds} s: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 1000))
  }
}
