import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export type Outage = {
  /** Seconds of the longest time without an answer that has ended. */
  longest(): number
  stop(): void
}

/** Asks that port again and again for the first word of an SSH server. */
export function watchSsh(port: number): Outage {
  const over = new AbortController()
  let longest = 0
  const watch = async () => {
    let last = performance.now()
    while (!over.signal.aborted) {
      const asked = performance.now()
      if (await greets(port)) {
        // From the last answer to the first word of this one, less the pause between two questions.
        longest = Math.max(longest, performance.now() - last - pauseMs)
        last = performance.now()
      }
      await sleep(Math.max(0, pauseMs - (performance.now() - asked)))
    }
  }
  void watch()
  return { longest: () => longest / 1000, stop: () => over.abort() }
}

const pauseMs = 1000

function greets(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1')
    const end = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.setTimeout(3000, () => end(false))
    socket.on('data', bytes => end(bytes.toString().startsWith('SSH-')))
    socket.on('error', () => end(false)).on('close', () => end(false))
  })
}
