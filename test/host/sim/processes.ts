import { readFileSync, readdirSync, readlinkSync } from 'node:fs'

/** Hosts' ids of the processes in the namespaces whose process 1 is `init`, without it and without the dead. */
export function processesBeside(init: number): number[] {
  const space = namespaceOf(init)
  if (space === null) return []
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name) && Number(name) !== init)
    .map(Number)
    .filter(pid => namespaceOf(pid) === space && !isOfInit(pid, init))
}

/** Its command line and state, as far as it is still there. */
export function describeProcess(pid: number): string {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
    const [, state = ''] = /\) (\S)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? []
    return `${words}(${state})`
  } catch {
    return 'gone'
  }
}

function namespaceOf(pid: number): string | null {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`)
  } catch {
    // It is gone, or a zombie: those have no namespaces any more.
    return null
  }
}

/** What init waits for. */
function isOfInit(pid: number, init: number): boolean {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
    return command === '/usr/bin/cat\x00' && parentOf(pid) === init
  } catch {
    return true
  }
}

function parentOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
}

/** The first process below that one with a process namespace of its own: process 1 of a host. */
export function initBelow(pid: number): number {
  const outside = namespaceOf(process.pid)
  let below: number | null = pid
  while (below !== null && namespaceOf(below) === outside) below = childOf(below)
  if (below === null) throw new Error('the host has no process 1')
  return below
}

/** The one child of a process, or null. */
function childOf(pid: number): number | null {
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      if (parentOf(Number(name)) === pid) return Number(name)
    } catch {
      // Gone between the two looks.
    }
  }
  return null
}
