/** One point in time that all stages of a connection share, and what to undo when it passes. */
export type Deadline = {
  readonly timeoutMs: number
  /** Resolves or rejects as `work` does, or rejects with `late()` when time is up, after `undo()`. */
  race<T>(work: Promise<T>, late: () => Error, undo: () => void): Promise<T>
  /** Stops the clock while somebody is asked, and gives the whole time anew after that. */
  pause<T>(question: Promise<T>): Promise<T>
  clear(): void
}

/** Starts the clock. `clear` must be called, else the timer keeps the process alive. */
export function startDeadline(timeoutMs: number): Deadline {
  const passed = Promise.withResolvers<'late'>()
  const start = () => setTimeout(() => passed.resolve('late'), timeoutMs)
  let timer: NodeJS.Timeout | undefined = start()
  let pauses = 0
  let cleared = false
  return {
    timeoutMs,
    async race(work, late, undo) {
      const first = await Promise.race([work.then(value => ({ value })), passed.promise])
      if (first !== 'late') return first.value
      work.catch(() => undefined)
      undo()
      throw late()
    },
    async pause(question) {
      pauses++
      clearTimeout(timer)
      try {
        return await question
      } finally {
        pauses--
        if (pauses === 0 && !cleared) timer = start()
      }
    },
    clear() {
      cleared = true
      clearTimeout(timer)
    },
  }
}
