import { readFileSync } from 'node:fs'
import { mkdir, open, readFile, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Say } from './progress.ts'

/** Runs `work` while no other process does anything under the same lock file. A dead owner's lock is taken over. */
export async function withLock<T>(path: string, say: Say, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  for (let told = false; !(await tryLock(path)); told = true) {
    const owner = await readFile(path, 'utf8').catch(() => '')
    if (owner && isGone(owner)) await rm(path, { force: true })
    else if (!told)
      say(`lab: waiting for process ${owner.split(' ')[0] || '?'}, which is at it already`)
    await sleep(250)
  }
  try {
    return await work()
  } finally {
    await rm(path, { force: true })
  }
}

async function tryLock(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx', 0o600)
    await file.write(myName())
    await file.close()
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** What stands for this process for ever: its number, and when it was started, since numbers come again. */
export const myName = (): string => `${process.pid} ${startOf(process.pid)}`

/** Whether the process of that name has ended. */
export function isGone(name: string): boolean {
  const [pid, start] = name.split(' ')
  return startOf(Number(pid)) !== start
}

/** Field 22 of /proc/PID/stat (proc(5)): when it was started, in clock ticks since boot; '' where there is none. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name in the second field may hold anything, blanks and brackets too.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  } catch {
    return ''
  }
}

/** Whether a process exists; one that belongs to somebody else exists too. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
