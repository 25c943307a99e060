import type { Interrupts } from '../run/drive.ts'
import { sayAbove } from './screen.ts'

/**
 * Listens for ^C: once ends the run in order, twice lets go of the hosts. While a run is on, the default of simply
 * dying is off.
 */
export function listenForInterrupts(): Interrupts & { stop(): void } {
  const orderly = new AbortController()
  const detach = new AbortController()
  const onSignal = () => {
    if (orderly.signal.aborted) {
      detach.abort()
      return
    }
    orderly.abort()
    sayAbove(
      '\nstopping in order: what was begun is taken back. ^C again lets go of the hosts instead.',
    )
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  return {
    orderly: orderly.signal,
    detach: detach.signal,
    stop() {
      process.off('SIGINT', onSignal)
      process.off('SIGTERM', onSignal)
    },
  }
}
