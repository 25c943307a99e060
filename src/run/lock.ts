import { createHash } from 'node:crypto'
import { createServer } from 'node:net'

/**
 * Takes a journal for this process alone, until it is given back or the process dies: a socket of the abstract
 * namespace (unix(7)) has one owner, and the kernel takes it away with its last process, so that nothing stale is left.
 * Null where another process of this machine has it.
 */
export function lockJournal(path: string): Promise<(() => void) | null> {
  const name = createHash('sha256').update(path).digest('hex').slice(0, 40)
  const server = createServer()
  return new Promise((resolve, reject) => {
    server.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(null)
      else reject(error)
    })
    server.listen({ path: `\0nicfix-run-${process.getuid?.() ?? 0}-${name}` }, () => {
      server.unref()
      resolve(() => server.close())
    })
  })
}
