import { Unsynced } from './audit.ts'
import type { Call } from './audit.ts'

const home = '/var/lib/nicfix'

// Of these nothing is promised: they tell of progress, or are made anew.
const fleeting =
  /\/(out|phase|deadline|worker|watch|guard|build\.log|snapshot|build|ballast|way|fire)(\.tmp)?(\/|$)|\.tmp$|\/tx\/[^/]*\.part(\/|$)/

const isRecord = (path: string) => path.startsWith(`${home}/`) && !fleeting.test(path)
const isTarget = (path: string) => /^\/(etc|lib\/modules)\//.test(path)
const isToken = (path: string) => /\/token(\/[a-z-]*)?$/.test(path)
const isLog = (path: string) => /\/tx\/[^/]*\/log$/.test(path)
const counts = (path: string) => (isRecord(path) || isTarget(path)) && !isLog(path)
// Copies beside the targets, and directories that were made for them: while the lock is there they are cleaned up anew.
const isScaffold = (each: string) =>
  /\/\.(nicfix|boot)-|name .*\/(updates(\/[a-z0-9/]*)?|boot\.d)$/.test(each)

const driverTools = /^execve\("[^"]*\/(modprobe|insmod|rmmod)", \["\w+", "(?!-F|-n)/
const hookIsDone = /^execve\("[^"]*\/logger", .*is loaded"/
const answer = /^write\(1<(pipe|socket):[^>]*>, "nicfix-tx 1/
// depmod(8) writes its files without a sync; the script syncs all of them before it calls the change verified.
const ofDepmod = /\/modules\.[a-z.]+\.\d+\.\d+\.\d+$/

/**
 * Follows a trace of the host script and names every promise that it makes too early: something is done or said that
 * relies on what a power cut could still take away.
 */
export function brokenPromises(calls: readonly Call[], root: string): string[] {
  const unsynced = new Unsynced(root)
  const broken = new Set<string>()
  let staged = false
  const expect = (what: string, lost: string[]) => {
    for (const each of lost) broken.add(`${what}: ${each}`)
  }
  for (const call of calls) {
    const lost = unsynced.lost(counts)
    const begun = unsynced.begun ? ['the note that a change begins'] : []
    const token = unsynced.lost(isToken)
    const content = new Set(unsynced.content)
    const moved = unsynced.take(call)
    if (driverTools.test(call.text)) {
      expect('a driver is touched', [...lost.filter(each => !isScaffold(each)), ...begun])
    }
    if (answer.test(call.text)) expect('the host answers', token)
    if (answer.test(call.text) && !staged) expect('the host calls it staged', lost)
    if (answer.test(call.text)) staged = true
    if (call.name.startsWith('unlink') && call.ok && call.text.includes('"/var/lib/nicfix/lock"')) {
      expect('the host is free again', lost)
    }
    if (hookIsDone.test(call.text)) {
      expect(
        'the boot hook is done',
        lost.filter(each => each.includes('/boot.attempt-')),
      )
    }
    if (call.name.startsWith('mkdir') && call.ok && /"[^"]*\/lib\/modules\//.test(call.text)) {
      expect(
        'a directory is made',
        lost.filter(each => each.endsWith('/made')),
      )
    }
    if (!moved) continue
    const [from, to] = moved
    const intoPlace = (isTarget(to) || isRecord(to)) && !isToken(to) && !ofDepmod.test(from)
    if (intoPlace && content.has(from)) broken.add(`renamed into place: content of ${from}`)
    // Files of the boot path are only written on the strength of a durable confirmation and a durable note of it.
    if (isTarget(to) && from.includes('/.nicfix-')) {
      expect('a target is replaced', [...begun, ...token])
    }
    // A cut from here on is made up for by the boot.
    if (/\/token\/(committed|failed)$/.test(from) && to.endsWith('/rollback')) {
      expect(
        'it is taken back',
        lost.filter(each => each.includes('/etc/systemd/')),
      )
    }
    const end = /\/token\/(committed|rolled-back|cancelled)$/.exec(to)?.[1]
    if (end)
      expect(
        `it is called ${end}`,
        lost.filter(each => !isScaffold(each) && !/\/token/.test(each)),
      )
  }
  if (!staged) broken.add('nothing was staged in this trace')
  return [...broken].toSorted()
}
