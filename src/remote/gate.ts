import { makeSlots, type Slots } from './slots.ts'
import type { SshSettings } from './settings.ts'

/** Logins under way at one time; each costs both ends a good deal of computing. */
const logins = makeSlots(20)

/**
 * sshd drops connections at random once 10 of them have not logged in yet (MaxStartups 10:30:100, sshd_config(5)),
 * and others may be on their way to it too. A jump host has all of a fleet before its door.
 */
const doorWidth = 4
/** sshd notices a moment later than we do that a login is over. */
const settleMs = 100
const doors = new Map<string, Slots>()

/** Waits until one more login may be begun; returns how to say that it is over, whatever came of it. */
export async function admit({ address, port, jumps }: SshSettings): Promise<() => void> {
  const first = jumps[0]?.settings ?? { address, port }
  const name = `${first.address} ${first.port}`
  const door = doors.get(name) ?? makeSlots(doorWidth)
  doors.set(name, door)
  // In this order: whoever waits at a crowded door must not hold up the others.
  await door.take()
  await logins.take()
  return () => {
    logins.give()
    if (door.isWanted()) setTimeout(() => door.give(), settleMs)
    else door.give()
  }
}
