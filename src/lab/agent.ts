import { setTimeout as sleep } from 'node:timers/promises'
import { JsonLine } from './qmp.ts'

type Status = {
  readonly exited: boolean
  readonly exitcode?: number
  readonly signal?: number
  readonly 'out-data'?: string
}

async function withAgent<T>(dir: string, use: (agent: JsonLine) => Promise<T>): Promise<T> {
  const agent = await JsonLine.open(`${dir}/agent.sock`)
  try {
    await agent.synchronise(15_000)
    return await use(agent)
  } finally {
    agent.close()
  }
}

/**
 * Runs a shell command in the guest through its agent: this works with every NIC dead.
 * Standard error is part of the output. Throws when the agent does not answer or the time is up.
 */
export async function execByAgent(dir: string, sh: string, timeoutMs: number) {
  const end = performance.now() + timeoutMs
  const request = { path: '/bin/sh', arg: ['-c', `exec 2>&1\n${sh}`], 'capture-output': true }
  const started = await withAgent(dir, agent => agent.call('guest-exec', request, 20_000))
  const { pid } = started as { pid: number }
  // The agent serves one client at a time: it is let go between two looks.
  for (let wait = 50; performance.now() < end; wait = Math.min(wait * 2, 1000)) {
    await sleep(wait)
    const answer = await withAgent(dir, agent => agent.call('guest-exec-status', { pid }, 20_000))
    const status = answer as Status
    if (!status.exited) continue
    const out = Buffer.from(status['out-data'] ?? '', 'base64').toString()
    return { code: status.exitcode ?? 128 + (status.signal ?? 0), out }
  }
  throw new Error(`not done after ${timeoutMs / 1000} s`)
}

/** Sets the guest's clock: one that wakes from a snapshot believes it is still the time of that snapshot. */
export async function setClock(dir: string): Promise<void> {
  await withAgent(dir, agent => agent.call('guest-set-time', { time: Date.now() * 1e6 }, 20_000))
}
