import { hostDir } from './paths.ts'
import type { HostState } from './state.ts'
import { readState, runningState } from './state.ts'
import { askQemu } from './qmp.ts'
import { hostNames } from './topology.ts'

export type LabStatus = {
  readonly host: string
  /** `up`, `paused`, `hung` when QEMU runs but does not answer, `dead` when it is gone, `down`. */
  readonly state: string
  readonly known?: HostState
  /** How long its QEMU has run. */
  readonly minutes?: number
}

/** What each host of the lab is doing. */
export async function labStatus(): Promise<LabStatus[]> {
  return Promise.all(
    hostNames.map(async host => {
      const known = readState(host)
      if (!known) return { host, state: 'down' }
      const minutes = Math.round((Date.now() - known.since) / 60_000)
      return { host, state: runningState(host) ? await askState(host) : 'dead', known, minutes }
    }),
  )
}

async function askState(host: string): Promise<string> {
  try {
    const answer = (await askQemu(hostDir(host), 'query-status', {}, 3000)) as { status: string }
    return answer.status === 'running' ? 'up' : answer.status
  } catch {
    return 'hung'
  }
}
