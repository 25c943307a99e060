import type { Pause } from '../model/facts.ts'

/** By which systemd.link(5) sets pause frames, since version 246. */
const keys = ['AutoNegotiationFlowControl', 'RxFlowControl', 'TxFlowControl'] as const

type Link = {
  readonly nic: string
  readonly permanentMac: string
  readonly pause: Pause
}

/** The file that has applied so far: only the first that matches a port does, so all that it says has to be said anew. */
type Former = { readonly path: string; readonly text: string }

/**
 * A systemd.link(5) file for one port: what the former one says, and its pause frames.
 * @returns why not, where the former file cannot be taken over line by line
 */
export function writeLinkFile(
  { nic, permanentMac, pause }: Link,
  former: Former,
): { text: string } | { refused: string } {
  const lines = former.text.split('\n').map(line => line.trim())
  const kept = lines.filter(line => line !== '' && !/^[#;]/.test(line))
  const folded = kept.find(line => line.endsWith('\\'))
  if (folded !== undefined) return { refused: `a line that goes on in the next: ${folded}` }
  const sections = readSections(kept)
  if (!sections.some(({ name }) => name === 'Link')) return { refused: 'it has no [Link]' }
  const set = [pause.autoneg, pause.rx, pause.tx].map(
    (on, at) => `${keys[at]}=${on ? 'yes' : 'no'}`,
  )
  const parts = sections
    .filter(({ name }) => name !== 'Match')
    .map(({ name, lines: own }, at, all) => {
      const isLast = name === 'Link' && !all.slice(at + 1).some(each => each.name === 'Link')
      const others = own.filter(line => !keys.some(key => line.split('=')[0]?.trim() === key))
      return [`[${name}]`, ...others, ...(isLast ? set : [])]
    })
  const head = [
    `# nicfix: pause frames of ${nic}. The other lines are those of ${originOf(former)}:`,
    '# of all files that match a port udev takes the first alone, and this one is before it.',
  ]
  const match = ['[Match]', `PermanentMACAddress=${permanentMac}`]
  const text = [head, match, ...parts].map(part => part.join('\n')).join('\n\n')
  return { text: `${text}\n` }
}

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
  return /^# nicfix: .* those of (.+):$/m.exec(text)?.[1] ?? path
}
