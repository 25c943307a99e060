import { closeSync, openSync, writeSync } from 'node:fs'

const clocks = new Set<Uptime>()
let ticker: NodeJS.Timeout | undefined

/**
 * A host's /proc/uptime: it runs at its own rate, stands still while somebody looks at the host, and starts at ten
 * seconds with each boot.
 */
export class Uptime {
  readonly rate: number
  readonly #fd: number
  #hundredths = 1000
  #last = process.hrtime.bigint()
  #held = 0

  constructor(path: string, rate: number) {
    this.rate = rate
    this.#fd = openSync(path, 'w')
    this.#write()
    clocks.add(this)
    ticker ??= setInterval(() => clocks.forEach(clock => clock.tick()), 10).unref()
  }

  tick(): void {
    const now = process.hrtime.bigint()
    // On a machine that is too busy for these ticks the host gets nothing done either: its time slows down as well.
    const passed = Math.min(Number(now - this.#last) / 1e7, 2)
    this.#last = now
    if (this.#held > 0) return
    this.#hundredths += passed * this.rate
    this.#write()
  }

  /** Of a fixed width and in place: a reader sees the old or the new time. */
  #write(): void {
    const text = (this.#hundredths / 100)
      .toFixed(2)
      .padStart(12, '0')
      .replace(/^0+(?=\d)/, zeros)
    writeSync(this.#fd, `${text} 1.00\n`, 0)
  }

  /** Time passes at once, as it does for a host that was suspended. */
  leap(seconds: number): void {
    this.#hundredths += seconds * 100
    this.tick()
    this.#write()
  }

  /** No time passes until as many releases. */
  hold(): void {
    this.tick()
    this.#held += 1
  }

  release(): void {
    this.tick()
    this.#held -= 1
  }

  stop(): void {
    if (clocks.delete(this)) closeSync(this.#fd)
  }
}

// Leading zeros would make octal numbers in the shell.
const zeros = (text: string) => ' '.repeat(text.length)
