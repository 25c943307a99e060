import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

export type Port = {
  readonly driver: string
  readonly admin: string
  readonly carrier: boolean
  readonly mac: string
  readonly addresses: readonly string[]
  readonly routes: readonly string[]
  readonly pause: string
  readonly offload: string
  readonly ring: string
}

/** What is in memory only: drivers by build-id, ports by name. */
export type KernelState = {
  readonly modules: Readonly<Record<string, string>>
  readonly ports: Readonly<Record<string, Port>>
}

const lines = (text: string) => (text === '' ? [] : text.split('\n').toSorted())

/** A driver, and its ports with it, may go in any moment. */
function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8').trimEnd()
  } catch {
    return ''
  }
}

/** The build-id of the code in the kernel: the last 20 bytes of its note, nothing while it has none. */
function readBuildId(module: string): string {
  const note = join(module, 'notes/.note.gnu.build-id')
  return existsSync(note) ? readFileSync(note).subarray(-20).toString('hex') : ''
}

/** Reads the fake kernel below the root of a host. */
export function readKernel(root: string): KernelState {
  const sys = join(root, 'kernel/sys')
  const modules = readdirSync(join(sys, 'module')).map(name => [
    name,
    readBuildId(join(sys, 'module', name)),
  ])
  const ports = readdirSync(join(root, 'kernel/net')).map(name => {
    const own = (file: string) => readText(join(root, 'kernel/net', name, file))
    const port: Port = {
      driver: own('driver'),
      admin: own('admin'),
      carrier: readText(join(sys, 'class/net', name, 'carrier')) === '1',
      mac: readText(join(sys, 'class/net', name, 'address')),
      addresses: lines(own('addresses')),
      routes: lines(own('routes')),
      pause: own('pause'),
      offload: own('offload'),
      ring: own('ring'),
    }
    return [name, port]
  })
  return { modules: Object.fromEntries(modules), ports: Object.fromEntries(ports) }
}
