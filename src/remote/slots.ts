/** A fixed number of slots, handed out in the order of asking. */
export type Slots = {
  take(): Promise<void>
  give(): void
  /** Somebody waits for one. */
  isWanted(): boolean
}

/** Makes `count` free slots. */
export function makeSlots(count: number): Slots {
  const waiting: (() => void)[] = []
  let free = count
  return {
    async take() {
      if (free > 0) free--
      else await new Promise<void>(resolve => void waiting.push(resolve))
    },
    give() {
      const next = waiting.shift()
      if (next) next()
      else free++
    },
    isWanted: () => waiting.length > 0,
  }
}
