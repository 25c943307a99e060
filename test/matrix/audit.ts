/** One finished call of one process, as `strace -f -y -ttt` shows it. */
export type Call = {
  readonly at: number
  readonly name: string
  readonly text: string
  readonly ok: boolean
}

/** Reads a trace, in the order in which the calls ended. */
export function readCalls(text: string): Call[] {
  const open = new Map<string, string>()
  const calls: Call[] = []
  for (const line of text.split('\n')) {
    const [, pid = '', at = '', said = ''] = /^(\d+) +(\d+\.\d+) (.*)$/.exec(line) ?? []
    const cut = / *<unfinished \.\.\.>$/.exec(said)
    if (cut) {
      open.set(pid, said.slice(0, cut.index))
      continue
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(said)
    const whole = resumed ? (open.get(pid) ?? '') + (resumed[1] ?? '') : said
    const [, name] = /^(\w+)\(/.exec(whole) ?? []
    if (name === undefined) continue
    calls.push({ at: Number(at), name, text: whole, ok: !/ = -1 E/.test(whole) })
  }
  return calls
}

const parentOf = (path: string) => path.slice(0, Math.max(1, path.lastIndexOf('/')))

/**
 * What a power cut could still take away: content written and not synced, names made, moved or removed and not synced.
 * The strictest reading of POSIX: a rename is kept once its directory is synced, content once the file is.
 */
export class Unsynced {
  readonly content = new Set<string>()
  /** Name → the directory that has to be synced for it. */
  readonly names = new Map<string, string>()
  /** Lines of the step log that say that a change begins. */
  begun = false
  readonly #known = new Set<string>()
  readonly #root: string

  /** @param root of the simulated host, which strace puts before every path */
  constructor(root: string) {
    this.#root = root
  }

  #path(text: string): string {
    return text.startsWith(this.#root) ? text.slice(this.#root.length) || '/' : text
  }

  /** Paths among the arguments: of descriptors `3</a>`, and names relative to a directory's descriptor or the cwd. */
  #named(call: Call): string[] {
    const pairs = call.text.matchAll(/(?:\w+<([^>]*)>, )?"((?:[^"\\]|\\.)*)"/g)
    return [...pairs].map(([, dir = '', name = '']) =>
      this.#path(name.startsWith('/') ? name : `${this.#path(dir)}/${name}`),
    )
  }

  #descriptor(call: Call): string {
    return this.#path(/^\w+\(\d+<([^>]*)>/.exec(call.text)?.[1] ?? '')
  }

  /** Takes a call in; returns the paths that it renamed, from and to. */
  take(call: Call): readonly [string, string] | null {
    if (!call.ok) return null
    const [first = '', second = ''] = this.#named(call)
    switch (call.name) {
      case 'write':
        if (/\/log>, "\d+ \d\d begin/.test(call.text)) this.begun = true
        this.content.add(this.#descriptor(call))
        break
      case 'sendfile':
      case 'ftruncate':
      case 'copy_file_range':
      case 'fchmod':
      case 'fchown':
        this.content.add(
          call.name === 'copy_file_range' ? this.#copied(call) : this.#descriptor(call),
        )
        break
      case 'openat':
        if (call.text.includes('O_TRUNC')) this.content.add(first)
        // An open that only might have made the file counts once: it is there afterwards.
        if (call.text.includes('O_CREAT') && !this.#known.has(first)) {
          this.names.set(first, parentOf(first))
        }
        this.#known.add(first)
        break
      case 'fchmodat':
      case 'fchownat':
      case 'chmod':
      case 'chown':
        this.content.add(first)
        break
      case 'mkdir':
      case 'mkdirat':
      case 'unlink':
      case 'unlinkat':
      case 'rmdir':
        this.content.delete(first)
        this.#known.delete(first)
        this.names.set(first, parentOf(first))
        break
      case 'symlinkat':
      case 'symlink':
        this.names.set(second, parentOf(second))
        break
      case 'rename':
      case 'renameat':
      case 'renameat2':
        this.#move(first, second)
        return [first, second]
      case 'fsync':
      case 'fdatasync':
        this.#keep(this.#descriptor(call))
        break
      case 'sync':
      case 'syncfs':
        this.content.clear()
        this.names.clear()
        this.begun = false
        break
      default:
    }
    return null
  }

  #copied(call: Call): string {
    return this.#path(/, \d+<([^>]*)>/.exec(call.text)?.[1] ?? '')
  }

  #move(from: string, to: string): void {
    const inside = (path: string) => path === from || path.startsWith(`${from}/`)
    const moved = (path: string) => to + path.slice(from.length)
    // What was written into the file that is replaced is nobody's any more.
    this.content.delete(to)
    for (const path of [...this.content].filter(inside)) {
      this.content.delete(path)
      this.content.add(moved(path))
    }
    for (const [path, dir] of [...this.names].filter(([name]) => inside(name) && name !== from)) {
      this.names.delete(path)
      this.names.set(moved(path), moved(dir))
    }
    for (const path of [...this.#known].filter(inside)) {
      this.#known.delete(path)
      this.#known.add(moved(path))
    }
    this.names.set(from, parentOf(from))
    this.names.set(to, parentOf(to))
  }

  #keep(path: string): void {
    this.content.delete(path)
    if (path.endsWith('/log')) this.begun = false
    for (const [name, dir] of this.names) if (dir === path) this.names.delete(name)
  }

  /** What would be lost now of the paths that count. */
  lost(counts: (path: string) => boolean): string[] {
    const content = [...this.content].filter(counts).map(path => `content of ${path}`)
    const names = [...this.names.keys()].filter(counts).map(path => `name ${path}`)
    return [...content, ...names].toSorted()
  }
}
