import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EISDIR: 'it is a directory',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ELOOP: 'its symbolic links go in a circle',
  ENXIO: 'it is a socket, or a device that is not there',
}

/** `-` is the standard input; a shell gives the output of a command as one of the others. */
const handed = /^(-|\/dev\/stdin|\/dev\/fd\/\d+|\/proc\/self\/fd\/\d+)$/

export type Kind = {
  /** "a playbook", for the reason why it is too large. */
  readonly what: string
  readonly mostBytes: number
  /** It is read once, so it may also come through a pipe that the shell has opened. */
  readonly mayBePiped?: boolean
}

/**
 * Reads a file of which not more than so many bytes make sense, or says why not. Nothing is waited for: to open a FIFO or to
 * read a device may take for ever, and never be too much.
 */
export function readSmallFile(path: string, kind: Kind): { bytes: Buffer } | { why: string } {
  const isHanded = kind.mayBePiped === true && handed.test(path)
  let file = 0
  try {
    if (!isHanded || path !== '-') file = openSync(path, isHanded ? 'r' : patient)
    const found = fstatSync(file)
    if (found.isDirectory()) return { why: 'it is a directory' }
    if (!found.isFile() && !isHanded) return { why: 'it is a pipe or a device and no file' }
    return found.size > kind.mostBytes
      ? tooLarge(found.size, kind)
      : readAll(file, found.size, kind)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    return { why: reasons[code] ?? `the system says ${code}` }
  } finally {
    if (file !== 0) closeSync(file)
  }
}

const patient = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY

/** The size that a file says it has may not be so: those of /proc say 0, others grow. */
function readAll(file: number, toldSize: number, kind: Kind): { bytes: Buffer } | { why: string } {
  // The one byte more is where the end is seen.
  let bytes = Buffer.allocUnsafe(Math.max(toldSize + 1, 4096))
  let size = 0
  for (;;) {
    const count = readSync(file, bytes, size, bytes.length - size, null)
    if (count === 0) return { bytes: bytes.subarray(0, size) }
    size += count
    if (size > kind.mostBytes) return tooLarge(size, kind)
    if (size === bytes.length) bytes = Buffer.concat([bytes, Buffer.allocUnsafe(size)])
  }
}

function tooLarge(bytes: number, { what, mostBytes }: Kind): { why: string } {
  const [size, most] = [bytes, mostBytes].map(each => `${Math.ceil(each / 1024)} KiB`)
  return { why: `it has ${size}, and ${most} are the most that ${what} may have` }
}
