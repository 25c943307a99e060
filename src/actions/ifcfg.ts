/** The text with what was added to it, or why it cannot be done without guessing. */
export type Edited = { readonly text: string } | { readonly refused: string }

/**
 * Adds commands to ETHTOOL_OPTS of an ifcfg file, which shells read: items between `;`, each with an option of ethtool's
 * own in it is run as `ethtool ITEM` (initscripts, network-functions, ethtool_set). All else stays as it is, byte by byte.
 */
export function addEthtoolOptions(text: string, wanted: readonly string[]): Edited {
  const lines = text.split('\n')
  const found = [...lines.entries()].filter(([, line]) => /\bETHTOOL_OPTS\b/.test(bare(line)))
  const [first, second] = found
  if (second) return { refused: 'ETHTOOL_OPTS is in more than one line' }
  if (!first) {
    const end = text === '' || text.endsWith('\n') ? '' : '\n'
    return { text: `${text}${end}ETHTOOL_OPTS="${wanted.join('; ')}"\n` }
  }
  const [at, line] = first
  const match = /^(\s*ETHTOOL_OPTS=)(?:"([^"$`\\]*)"|'([^']*)'|([\w.:-]*))[ \t]*(\r?)$/.exec(line)
  if (!match) return { refused: `the line "${line.trim()}" is more than a plain value` }
  const [, name, double, single, word, end = ''] = match
  const items = (double ?? single ?? word ?? '').split(';').map(item => item.trim())
  const there = items.filter(item => item !== '')
  const missing = wanted.filter(item => !there.includes(item))
  const clash = there.find(item => missing.some(each => keyOf(each) === keyOf(item)))
  if (clash !== undefined) return { refused: `it says "${clash}" already` }
  if (missing.length === 0) return { text }
  const value = [...there, ...missing].join('; ')
  return { text: lines.with(at, `${name}"${value}"${end}`).join('\n') }
}

const bare = (line: string) => line.replace(/^\s*#.*/, '')

/** "-A eno1 …" and "--pause eno1 …" set the same. */
function keyOf(item: string): string {
  const [option = '', port] = item.split(/\s+/)
  const long: Record<string, string> = {
    '--pause': '-A',
    '--features': '-K',
    '--offload': '-K',
    '--set-ring': '-G',
    '--negotiate': '-r',
  }
  return `${long[option] ?? option} ${port}`
}
