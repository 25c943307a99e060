import type { Setting } from '../model/playbook.ts'

/** Keys of systemd.link(5), where there is one. The newest of them, those of pause, came with systemd 246. */
const keys: Readonly<Record<Setting, Readonly<Record<string, readonly string[]>>>> = {
  pause: {
    autoneg: ['AutoNegotiationFlowControl'],
    rx: ['RxFlowControl'],
    tx: ['TxFlowControl'],
  },
  offload: {
    rx: ['ReceiveChecksumOffload'],
    tx: ['TransmitChecksumOffload'],
    tso: ['TCPSegmentationOffload', 'TCP6SegmentationOffload'],
    gso: ['GenericSegmentationOffload'],
    gro: ['GenericReceiveOffload'],
    lro: ['LargeReceiveOffload'],
  },
  ring: { rx: ['RxBufferSize'], tx: ['TxBufferSize'] },
  eee: {},
}

/** Words of a setting, "rx off tx off", as lines of a .link file; or the first that has no key there. */
export function linkLines(setting: Setting, words: string): string[] | { without: string } {
  const pairs = Array.from(words.matchAll(/(\S+) (\S+)/g), ([, key = '', value = '']) => [
    key,
    value,
  ])
  const lines = pairs.map(([key = '', value = '']) =>
    keys[setting][key]?.map(each => `${each}=${{ on: 'yes', off: 'no' }[value] ?? value}`),
  )
  const missing = pairs.find((_, at) => lines[at] === undefined)
  return missing ? { without: missing[0] ?? '' } : lines.flatMap(each => each ?? [])
}

type Link = {
  readonly nic: string
  readonly permanentMac: string
  /** "RxFlowControl=no" … */
  readonly lines: readonly string[]
}

/** The file that has applied so far: only the first that matches a port does, so all that it says has to be said anew. */
type Former = { readonly path: string; readonly text: string }

/**
 * A systemd.link(5) file for one port: what the former one says, but for the keys of `lines`, and these.
 * @returns why not, where the former file cannot be taken over line by line
 */
export function writeLinkFile(
  { nic, permanentMac, lines: set }: Link,
  former: Former,
): { text: string } | { refused: string } {
  const lines = former.text.split('\n').map(line => line.trim())
  const kept = lines.filter(line => line !== '' && !/^[#;]/.test(line))
  const folded = kept.find(line => line.endsWith('\\'))
  if (folded !== undefined) return { refused: `a line that goes on in the next: ${folded}` }
  const sections = readSections(kept).filter(({ name }) => name !== 'Match')
  const last = sections.findLast(({ name }) => name === 'Link')
  if (!last) return { refused: 'it has no [Link]' }
  const keysSet = new Set(set.map(keyOf))
  const parts = sections.map(section => [
    `[${section.name}]`,
    ...section.lines.filter(line => !keysSet.has(keyOf(line))),
    ...(section === last ? set : []),
  ])
  const head = [
    `# nicfix: settings of ${nic}. udev takes the first file alone that matches a port, so the other lines are those of`,
    `# ${originOf(former)}`,
  ]
  const match = ['[Match]', `PermanentMACAddress=${permanentMac}`]
  const text = [head, match, ...parts].map(part => part.join('\n')).join('\n\n')
  return { text: `${text}\n` }
}

const keyOf = (line: string): string => line.split('=')[0]?.trim() ?? ''

type Section = { readonly name: string; readonly lines: string[] }

function readSections(lines: readonly string[]): Section[] {
  const sections: Section[] = []
  for (const line of lines) {
    const [, name] = /^\[(.+)\]$/.exec(line) ?? []
    if (name !== undefined) sections.push({ name, lines: [] })
    else sections.at(-1)?.lines.push(line)
  }
  return sections
}

/** A file of ours says itself whose lines it has. */
function originOf({ path, text }: Former): string {
  return /^# nicfix: .*\n# (.+)$/m.exec(text)?.[1] ?? path
}
