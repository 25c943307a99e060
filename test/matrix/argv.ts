const always = new Set(['make', 'strip', 'insmod', 'rmmod', 'depmod', 'ifup', 'ifdown'])
const changing: Readonly<Record<string, RegExp>> = {
  modprobe: /^(?!.*( -[cnR]| --show-depends))/,
  ethtool: / (-[AGKCLrs]|--set-eee)( |$)/,
  ip: / (set|add|del|replace|change|flush)( |$)/,
}

/** Is it one of those that change drivers, ports or the module index? */
function isChange(argv: readonly string[]): boolean {
  const [name = ''] = argv
  return always.has(name) || (changing[name]?.test(` ${argv.slice(1).join(' ')}`) ?? false)
}

/**
 * The commands that change something, in the order in which they were started, from logs of
 * `strace -f --pidns-translation -e trace=execve,clone,clone3,fork,vfork`. What such a command itself starts is its own affair.
 */
export function changesIn(log: string): string[] {
  const lines = log.split('\n').map(line => {
    const [, pid = '', said = ''] = /^(\d+) +(.*)$/.exec(line) ?? []
    return { pid, said }
  })
  // A child may be heard of before the call that made it.
  const parents = new Map(
    lines.flatMap(({ pid, said }) => childrenOf(said).map(child => [child, pid])),
  )
  const programs = new Map<string, readonly string[]>()
  const isBelowChange = (pid: string): boolean => {
    const parent = parents.get(pid)
    return parent !== undefined && (isChange(programs.get(parent) ?? []) || isBelowChange(parent))
  }
  return lines.flatMap(({ pid, said }) => {
    const argv = argvOf(said)
    if (!argv) return []
    programs.set(pid, argv)
    return isChange(argv) && !isBelowChange(pid) ? [argv.join(' ')] : []
  })
}

// The call, or the second half of its line, ends in the number inside of the namespace and a remark with the one outside.
function childrenOf(said: string): string[] {
  const [, inside, outside] =
    /(?:clone3?|v?fork)\b.* = (\d+)(?: \/\* (\d+) in strace's PID NS \*\/)?$/.exec(said) ?? []
  return [outside ?? inside].filter(pid => pid !== undefined)
}

// As in: execve("/usr/sbin/ip", ["ip", "link"], 0x55…) = 0, with a remark on the third in between.
function argvOf(said: string): string[] | null {
  const [, words] = /^execve\("[^"]*", \[(.*)\], 0x[0-9a-f]+ /.exec(said) ?? []
  if (words === undefined || / = -1 E/.test(said)) return null
  return Array.from(words.matchAll(/"((?:[^"\\]|\\.)*)"/g), ([, word = '']) => word)
}
