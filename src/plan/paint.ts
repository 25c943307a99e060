import { styleText } from 'node:util'
import { count, escapeControls, wrap } from './wrap.ts'

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'

/** Where lines go: everything that is put in is escaped, wrapped to the width and, if wanted, coloured. */
export type Page = {
  /** One paragraph: the mark on its first line, the rest hanging below its text; `right` at the end of the first line. */
  put(indent: number, mark: string, text: string, more?: { style?: Style; right?: string }): void
  /** One line as it is, blanks and all; it has to fit. */
  putLine(indent: number, text: string, style?: Style): void
  blank(): void
  toString(): string
}

export function startPage({ colour, width }: { colour: boolean; width: number }): Page {
  const lines: string[] = []
  const paint = (style: Style | undefined, text: string) =>
    colour && style !== undefined && text !== ''
      ? styleText(style, text, { validateStream: false })
      : text

  return {
    put(indent, mark, text, { style, right = '' } = {}) {
      const lead = mark === '' ? '' : `${escapeControls(mark)} `
      const room = width - indent - count(lead)
      const reserved = right === '' ? 0 : count(right) + 2
      const [first = '', ...rest] = fit(escapeControls(text), room, reserved)
      const gap = ' '.repeat(
        Math.max(2, width - indent - count(lead) - count(first) - count(right)),
      )
      lines.push(
        ' '.repeat(indent) +
          paint(style, lead + first) +
          (right === '' ? '' : gap + paint('dim', right)),
      )
      for (const line of rest) lines.push(' '.repeat(indent + count(lead)) + paint(style, line))
    },
    putLine(indent, text, style) {
      lines.push(' '.repeat(indent) + paint(style, text))
    },
    blank: () => void (lines.at(-1) === '' || lines.push('')),
    toString: () =>
      `${lines
        .map(line => line.trimEnd())
        .join('\n')
        .trimEnd()}\n`,
  }
}

/** The first line leaves room for what stands at its right; the others take the whole width. */
function fit(text: string, width: number, reserved: number): string[] {
  const [first = '', ...others] = wrap(text, width - reserved)
  if (others.length === 0 || reserved === 0) return [first, ...others]
  return [first, ...wrap(text.slice(first.length).trimStart(), width)]
}
