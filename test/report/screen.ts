import xterm from '@xterm/headless'

/** A terminal that keeps what it shows: real escape sequences, scrolling and wrapping. */
export function makeTerminal(columns: number, rows: number) {
  const terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true })
  const lines = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, at) =>
      (terminal.buffer.active.getLine(from + at)?.translateToString(true) ?? '').trimEnd(),
    )
  return {
    // What a terminal driver does with a line end.
    write: (text: string): void => terminal.write(text.replaceAll('\n', '\r\n')),
    size: () => ({ columns, rows }),
    /** Everything it has ever shown, what has scrolled away included, down to the cursor. */
    shown: async (): Promise<string[]> => {
      await new Promise<void>(resolve => {
        terminal.write('', resolve)
      })
      const { baseY, cursorY } = terminal.buffer.active
      return lines(0, baseY + cursorY)
    },
  }
}
