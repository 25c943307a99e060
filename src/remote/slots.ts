/** A fixed number of slots, handed out in the order of asking. */
export type Slots = {
  /** Waits for a slot, at most for `limitMs`. False when none came free in that time. */
  take(limitMs?: number): Promise<boolean>
  give(): void
  /** Somebody waits for one. */
  isWanted(): boolean
}

/** Makes `count` free slots. */
export function makeSlots(count: number): Slots {
  const waiting = new Set<() => void>()
  let free = count

  const wait = (limitMs: number | undefined) =>
    new Promise<boolean>(resolve => {
      const get = () => {
        clearTimeout(timer)
        resolve(true)
      }
      const goWithout = () => {
        waiting.delete(get)
        resolve(false)
      }
      const timer = limitMs === undefined ? undefined : setTimeout(goWithout, limitMs)
      waiting.add(get)
    })

  return {
    async take(limitMs) {
      if (free === 0) return wait(limitMs)
      free--
      return true
    },
    give() {
      const [next] = waiting
      if (!next) return void free++
      waiting.delete(next)
      next()
    },
    isWanted: () => waiting.size > 0,
  }
}

/** Does the work in a slot; without one, when none came free within `limitMs`. */
export async function inSlot<Done>(
  slots: Slots,
  work: () => Promise<Done>,
  limitMs?: number,
): Promise<Done> {
  const has = await slots.take(limitMs)
  try {
    return await work()
  } finally {
    if (has) slots.give()
  }
}
