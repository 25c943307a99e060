import type { AddressInfo, Socket } from 'node:net'
import { connect, createServer } from 'node:net'

/** The way from a controller to its host: everything that a contender says goes through here, so it can be cut. */
export type Path = {
  readonly port: number
  /** From now on nothing comes through, in neither direction, and nobody is told: a firewall, a dead router. */
  cut(): void
  /** The controller is dead: its ends of all connections close, and no new one is let through. */
  drop(): void
  close(): void
}

type Pair = { readonly near: Socket; readonly far: Socket }

/** Opens a way to that TCP port of this machine. */
export async function openPath(to: number): Promise<Path> {
  const pairs = new Set<Pair>()
  let isCut = false
  const server = createServer({ pauseOnConnect: true }, near => {
    const far = connect(to, '127.0.0.1')
    const pair = { near, far }
    pairs.add(pair)
    near.on('error', () => undefined).on('close', () => isCut || far.destroy())
    // A host without power refuses nothing: it does not answer.
    far.on('error', () => undefined).on('close', hadError => isCut || hadError || near.destroy())
    if (isCut) far.destroy()
    else join(pair)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const end = () => {
    for (const { near, far } of pairs) {
      near.destroy()
      far.destroy()
    }
  }
  return {
    port,
    cut() {
      isCut = true
      for (const { near, far } of pairs) {
        near.unpipe(far).pause()
        far.unpipe(near).pause()
      }
    },
    drop() {
      end()
      isCut = true
    },
    close() {
      end()
      server.close()
    },
  }
}

function join({ near, far }: Pair): void {
  near.pipe(far)
  far.pipe(near)
  near.resume()
}
