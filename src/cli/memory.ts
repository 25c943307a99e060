import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Of garbage; V8 would let it grow to 64 MiB of buffers, and to as much again as is in use. */
const mostBytes = 8 * 1024 * 1024
const lookMs = 50

/** Has garbage taken away as soon as there is some, until the work is over: a collection costs a tenth of a second. */
export async function withLittleGarbage<Done>(work: Promise<Done>): Promise<Done> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  let lastBytes = inUse()
  const timer = setInterval(() => {
    if (inUse() - lastBytes < mostBytes) return
    collect()
    lastBytes = inUse()
  }, lookMs)
  return work.finally(() => clearInterval(timer))
}

function inUse(): number {
  const { used_heap_size, external_memory } = getHeapStatistics()
  return used_heap_size + external_memory
}
