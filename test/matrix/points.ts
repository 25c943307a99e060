import { readlinkSync } from 'node:fs'
import { nameState } from './essence.ts'
import type { Disk } from '../host/sim/disk.ts'
import type { SimHost } from '../host/sim/sim.ts'
import type { Judge, Stop, Verdict } from './trace.ts'

const durable = /\/(etc|boot|lib\/modules|var\/lib)(\/|>|")/
const elsewhere = /\/(sys|kernel|dev|proc|tmp|control|run)(\/|>|")/

/** Has the call changed the disk, or made a change durable? A failed one has not, nor one in the fake kernel. */
export function isKillPoint({ pid, call }: Stop): boolean {
  if (/ = -1 E/.test(call)) return false
  const [, name = '', rest = ''] = /^(\w+)\((.*)$/.exec(call) ?? []
  if (name.startsWith('sync')) return true
  // dup2(3</etc/x>, 1): the open before it may have emptied the file. Into 0, or back from it, nothing was written.
  if (name.startsWith('dup')) return durable.test(rest.split(',')[0] ?? '') && !/, 0\b/.test(rest)
  // The folder that a name is relative to does not count where the name is absolute.
  const named = rest.replaceAll(/AT_FDCWD<[^>]*>, "\//g, '"/')
  if (durable.test(named)) return true
  return /^(mk|rm|un|ren|sym|link)/.test(name) && !elsewhere.test(named) && isOnDisk(pid)
}

/** A bare name is one of the folder that the process is in: the stubs of the fake kernel work in theirs. */
function isOnDisk(pid: number): boolean {
  try {
    return !/\/kernel(\/|$)/.test(readlinkSync(`/proc/${pid}/cwd`))
  } catch {
    return true
  }
}

/** What a power cut right after that call leaves. */
export type CrashState = {
  readonly disk: Disk
  readonly call: string
  /** The how-manieth kill point of its run it was. */
  readonly point: number
  /** Had the host told the controller that it took the confirmation? */
  readonly confirmed: boolean
}

/** Keeps a copy of every state that the disk of a host goes through. */
export class Recorder {
  readonly states: CrashState[] = []
  points = 0
  confirmed = false
  readonly #seen: Set<string>

  /** @param seen names of states that need no other look */
  constructor(seen: Set<string>) {
    this.#seen = seen
  }

  readonly judge =
    (host: SimHost): Judge =>
    stop => {
      if (!isKillPoint(stop)) return 'go on'
      this.points += 1
      const disk = host.disk()
      const name = nameState(disk)
      if (!this.#seen.has(name)) {
        this.#seen.add(name)
        const call = stop.call.replaceAll(host.root, '')
        this.states.push({ disk, call, point: this.points, confirmed: this.confirmed })
      }
      return 'go on'
    }
}

/** Counts the kill points, and does its verdict at the one that was asked for. */
export class Killer {
  points = 0
  killedAt: string | null = null
  readonly #at: number
  readonly #verdict: Verdict

  constructor(at: number, verdict: Verdict) {
    this.#at = at
    this.#verdict = verdict
  }

  readonly judge =
    (host: SimHost): Judge =>
    stop => {
      if (!isKillPoint(stop)) return 'go on'
      this.points += 1
      if (this.points !== this.#at) return 'go on'
      this.killedAt = stop.call.replaceAll(host.root, '')
      return this.#verdict
    }
}
